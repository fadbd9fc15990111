"""The peer of the durable turns: python-telegram-bot's ConversationHandler, all in memory, with its default Bot.

``python -m tests.bench.peer_ptb SCRIPT URL PEOPLE AT_ONCE FIRST``: SCRIPT is what ``tests.bench.walk.script_of`` wrote.
Prints one JSON object. Uses nothing of Streetwork but the runner's event loop, so that both sides have the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)

from tests.bench.fake_api import TOKEN
from tests.bench.report import loop_name, run_async, versions

Callback = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, int]]


def handler_of(step: dict[str, Any], following: int) -> Callback:
    """Return the callback that answers one step of the walk and goes to the next state."""

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        assert update.message is not None
        for n, reply in enumerate(step["replies"]):
            rows = [
                [InlineKeyboardButton(label, callback_data=f"b{n}.{m}")] for m, label in enumerate(reply["buttons"])
            ]
            await update.message.reply_text(reply["text"], reply_markup=InlineKeyboardMarkup(rows) if rows else None)
        return following

    return answer


def application(url: str, script: list[dict[str, Any]], at_once: int) -> Any:
    """Return the bot: one state a step, each waiting for a text."""
    states: dict[object, list[Any]] = {
        number: [
            MessageHandler(
                filters.TEXT & ~filters.COMMAND,
                handler_of(step, number + 1 if number + 1 < len(script) else ConversationHandler.END),
            )
        ]
        for number, step in enumerate(script)
        if number
    }
    conversation = ConversationHandler(
        entry_points=[CommandHandler("start", handler_of(script[0], 1))],
        states=states,
        fallbacks=[CommandHandler("start", handler_of(script[0], 1))],
    )
    builder = Application.builder().token(TOKEN).base_url(f"{url}/bot").base_file_url(f"{url}/file/bot").updater(None)
    if at_once:
        builder = builder.concurrent_updates(at_once)
    app = builder.build()
    app.add_handler(conversation)
    return app


def body(number: int, person: int, text: str) -> bytes:
    """Return the same webhook body as the other side gets."""
    user = {"id": person, "is_bot": False, "first_name": "Bench"}
    message: dict[str, Any] = {
        "message_id": number,
        "date": int(time.time()),
        "chat": {"id": person, "type": "private", "first_name": "Bench"},
        "from": user,
        "text": text or "/start",
    }
    if not text:
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]
    return json.dumps({"update_id": number, "message": message}).encode()


async def run(url: str, script: list[dict[str, Any]], people: int, at_once: int, first: int) -> tuple[float, float]:
    """Return turns per second and the CPU time of a turn in microseconds."""
    app = application(url, script, at_once)
    await app.initialize()
    number = 0

    async def turn(person: int, text: str) -> None:
        nonlocal number
        number += 1
        update = Update.de_json(json.loads(body(number, person, text)), app.bot)
        if at_once:
            await app.update_processor.process_update(update, app.process_update(update))
        else:
            await app.process_update(update)

    async def walk(person: int) -> None:
        for step in script:
            await turn(person, step["say"])

    begun, busy = time.perf_counter(), time.process_time()
    if at_once:
        await asyncio.gather(*(walk(first + n) for n in range(people)))
    else:
        for step in script:
            for n in range(people):
                await turn(first + n, step["say"])
    seconds, spent = time.perf_counter() - begun, time.process_time() - busy
    await app.shutdown()
    turns = people * len(script)
    return turns / seconds, spent / turns * 1e6


def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    script = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    url, people, at_once, first = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    rate, spent = run_async(run(url, script, people, at_once, first))
    configuration = (
        f"{versions('python-telegram-bot', 'httpx', 'httpcore')}, default Bot, no persistence, {loop_name()}"
    )
    print(json.dumps({"turns_per_second": rate, "cpu_us": spent, "configuration": configuration}))


if __name__ == "__main__":
    main()
