"""Shows what passes: that somebody is typing, that buttons lead nowhere any more. Best effort, and never in the way.

A hint is a task of its own that nobody waits for. Few run at once, each has seconds to end, and one about typing is
sent to a chat every four seconds at most: the sign stays for five in Telegram and for longer elsewhere. What a channel
cannot show, refuses or breaks over is counted and forgotten.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from bots.counting import Metrics, NoMetrics
from core.ids import Millis
from core.messages import Address, Hint, RemoveOptions, Typing
from core.ports import Channel, Clock, Hinting

__all__ = ["Hinter"]

_AT_ONCE: Final = 32
#: Seconds that a hint may take; what comes later would show after the answer.
_TIME: Final = 5.0
_AGAIN: Final[Millis] = 4_000
#: Chats remembered at once.
_CHATS: Final = 5_000


class Hinter:
    """The hints of one process to all its channels."""

    def __init__(
        self, channels: Mapping[tuple[str, str], Channel], clock: Clock, metrics: Metrics | None = None
    ) -> None:
        self._channels = channels
        self._clock = clock
        self._metrics = metrics or NoMetrics()
        self._tasks: set[asyncio.Task[None]] = set()
        self._typed: OrderedDict[tuple[str, str, str, str | None], Millis] = OrderedDict()

    def typing(self, address: Address) -> None:
        """Show that somebody prepares an answer; returns at once."""
        channel = self._channels.get((address.channel, address.account))
        if channel is None or not channel.capabilities.typing or not isinstance(channel, Hinting):
            return
        key, now = (address.channel, address.account, address.peer, address.thread), self._clock.now()
        if len(self._tasks) >= _AT_ONCE or now - self._typed.get(key, -_AGAIN) < _AGAIN:
            return
        self._typed[key] = now
        self._typed.move_to_end(key)
        if len(self._typed) > _CHATS:
            self._typed.popitem(last=False)
        self._begin(channel, address, Typing())

    def remove_options(self, address: Address, of: str) -> None:
        """Take the buttons off the message ``of``; returns at once."""
        channel = self._channels.get((address.channel, address.account))
        if channel is None or not channel.capabilities.remove_options or not isinstance(channel, Hinting):
            return
        if len(self._tasks) < _AT_ONCE:
            self._begin(channel, address, RemoveOptions(of=of))

    async def close(self) -> None:
        """Let go of what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, channel: Hinting, address: Address, hint: Hint) -> None:
        task = asyncio.get_running_loop().create_task(self._show(channel, address, hint))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self, channel: Hinting, address: Address, hint: Hint) -> None:
        try:
            async with asyncio.timeout(_TIME):
                await channel.hint(address, hint)
        except Exception as error:  # whatever happens, it was only a hint
            self._metrics.count("hints_failed", channel=address.channel, error=type(error).__name__)
