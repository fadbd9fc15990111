"""What goes wrong, drawn from a seed: an endless list of faults for each fake, and a witness of every send's end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import TypeVar

from core.capabilities import Capabilities
from core.messages import Address, Outbound
from core.ports import Channel
from core.sending import SendResult, Unsure
from tests.fakes import telegram_world, twilio_world, viber_api

F = TypeVar("F")

#: Of so many calls in a hundred something goes wrong.
TROUBLE = 28
#: What an overloaded or broken server does, by weight. ``later`` is 429.
KINDS = {"later": 6, "pace": 4, "broken": 6, "gateway": 2, "hang": 2, "drop": 3, "garbage": 2}


class Dice(list[F]):
    """A list of faults that is drawn anew each time a fake looks into it."""

    def __init__(self, roll: Callable[[], F]) -> None:
        super().__init__()
        self._roll = roll

    def __iter__(self) -> Iterator[F]:
        return iter((self._roll(),))

    def remove(self, value: F) -> None:
        """Forget nothing: the next fault is another one."""


class Trouble:
    """The faults of one run. What a server took before it failed is taken: ``accept``."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)
        #: How often each kind was ordered.
        self.counts: dict[str, int] = dict.fromkeys(KINDS, 0)

    def _draw(self) -> tuple[str, bool]:
        """Return a kind, or an empty word, and whether the message is taken nevertheless."""
        if self._rng.randrange(100) >= TROUBLE:
            return "", False
        (kind,) = self._rng.choices(list(KINDS), list(KINDS.values()))
        self.counts[kind] += 1
        return kind, self._rng.random() < 0.5

    def telegram(self) -> telegram_world.Fault:
        """Return what happens to the next call to Telegram; 500, 502 and 503 mean there: not taken."""
        kind, accept = self._draw()
        make = telegram_world.Fault
        match kind:
            case "later":
                return make(kind="error", status=429, description="Too Many Requests")
            case "pace":
                seconds = self._rng.randint(1, 4)
                return make(kind="error", status=429, description="Too Many", parameters={"retry_after": seconds})
            case "broken":
                return make(kind="error", status=self._rng.choice((500, 502, 503)), description="Bad Gateway")
            case "gateway":
                return make(kind="error", status=504, description="Gateway Timeout", accept=accept)
            case "hang":
                return make(kind="hang", accept=accept)
            case "drop":
                return make(kind="drop", accept=accept)
            case "garbage":
                return make(kind="garbage", accept=accept)
            case _:
                return make(kind="error", method="none")

    def viber(self) -> viber_api.Fault:
        """Return what happens to the next call to Viber; only a gateway's 504 leaves open what became of it."""
        kind, accept = self._draw()
        make = viber_api.Fault
        match kind:
            case "later":
                return make(kind="http", status=429)
            case "pace":
                return make(kind="http", status=429, headers={"Retry-After": str(self._rng.randint(1, 4))})
            case "broken":
                return make(kind="http", status=self._rng.choice((500, 502, 503)))
            case "gateway":
                return make(kind="http", status=504, accept=accept)
            case "hang":
                return make(kind="hang", accept=accept)
            case "drop":
                return make(kind="drop", accept=accept)
            case "garbage":
                return make(kind=self._rng.choice(("html", "half")), accept=accept)
            case _:
                return make(kind="http", method="none")

    def twilio(self) -> twilio_world.Fault:
        """Return what happens to the next call to Twilio: a send, or a look at what it took."""
        kind, accept = self._draw()
        make = twilio_world.Fault
        method = self._rng.choice(("POST", "POST", "POST", "GET"))
        match kind:
            case "later":
                return make(kind="error", method=method, status=429, code=20429)
            case "pace":
                headers = {"Retry-After": str(self._rng.randint(1, 4))}
                return make(kind="error", method=method, status=429, code=20429, headers=headers)
            case "broken":
                return make(kind="error", method=method, status=500, code=20500, accept=accept)
            case "gateway":
                return make(kind="html", method=method, status=502, accept=accept)
            case "hang":
                return make(kind="hang", method=method, accept=accept)
            case "drop":
                return make(kind="drop", method=method, accept=accept)
            case "garbage":
                return make(kind="half" if accept else "empty", method=method, accept=accept)
            case _:
                return make(kind="error", where="nowhere")


class Witness:
    """A channel that passes everything on and notes which entries' first sends were in doubt or cut off."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self.account = channel.account
        self.capabilities: Capabilities = channel.capabilities
        self.start = channel.start
        self.stop = channel.stop
        self._channel = channel
        self.doubts: set[str] = set()
        self.ends: dict[str, int] = {}

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Send, and note how it ended."""
        try:
            result = await self._channel.send(address, message, entry_id=entry_id)
        except asyncio.CancelledError:
            self.doubts.add(entry_id)
            raise
        if isinstance(result, Unsure):
            self.doubts.add(entry_id)
        name = type(result).__name__
        self.ends[name] = self.ends.get(name, 0) + 1
        return result
