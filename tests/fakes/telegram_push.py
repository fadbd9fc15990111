"""Delivers updates to a webhook as Telegram's server does: one at a time per queue, repeated until answered 2xx."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

#: Runs the method that a webhook's answer names.
Reply = Callable[[str, dict[str, Any]], Awaitable[object]]


def queue_of(update: dict[str, Any]) -> str:
    """Return the queue of an update: messages and edits go by chat, button presses by user."""
    if "callback_query" in update:
        return f"user {update['callback_query']['from']['id']}"
    for content in update.values():
        if isinstance(content, dict) and "chat" in content:
            return f"chat {content['chat']['id']}"
    return "rest"


class Pusher:
    """One webhook. ``unit`` is how many real seconds one second of Telegram takes."""

    def __init__(self, url: str, secret: str | None, reply: Reply, *, unit: float = 0.01) -> None:
        self.url = url
        self.secret = secret
        self.unit = unit
        #: (update id, status) of every call, None where there was no answer.
        self.attempts: list[tuple[int, int | None]] = []
        self.delivered: list[int] = []
        #: Updates not delivered yet, oldest first.
        self.waiting: list[dict[str, Any]] = []
        self.last_error: str | None = None
        self.on_change: Callable[[], None] = lambda: None
        self._reply = reply
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    def push(self, update: dict[str, Any]) -> None:
        """Deliver ``update`` after the earlier ones of its queue."""
        self.waiting.append(update)
        key = queue_of(update)
        if key not in self._queues:
            self._queues[key] = asyncio.Queue()
            self._tasks.append(asyncio.create_task(self._run(self._queues[key])))
        self._queues[key].put_nowait(update)

    async def stop(self) -> None:
        """Deliver nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        while True:
            update = await queue.get()
            failures = 0
            while (told := await self._deliver(update)) is not None:
                failures += 1
                # The first repeat comes at once, then after 2, 4 ... 60 seconds, unless Retry-After says otherwise.
                delay = told or (0 if failures == 1 else min(60, 2 ** (failures - 1)))
                await asyncio.sleep(delay * self.unit)
            self.waiting.remove(update)
            self.delivered.append(update["update_id"])
            self.on_change()

    async def _deliver(self, update: dict[str, Any]) -> int | None:
        """Return None when the update is delivered, else the seconds that the other side asked to wait."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            async with self._session.post(self.url, json=update, headers=headers) as response:
                body = await response.read()
                told = min(3600, int(response.headers.get("Retry-After", 0)))
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as exc:
            self.attempts.append((update["update_id"], None))
            self.last_error = type(exc).__name__
            self.on_change()
            return 0
        self.attempts.append((update["update_id"], status))
        self.on_change()
        if not 200 <= status <= 299:
            self.last_error = f"Wrong response from the webhook: {status}"
            return told
        await self._act(body)
        return None

    async def _act(self, body: bytes) -> None:
        """Run the call in a webhook's answer; what it brings is lost, as it is at Telegram."""
        try:
            answer = json.loads(body)
        except ValueError:
            return
        method = answer.pop("method", "") if isinstance(answer, dict) else ""
        if method and not method.lower().startswith("get") and method.lower() not in {"setwebhook", "deletewebhook"}:
            await self._reply(method, answer)
