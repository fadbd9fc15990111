"""The world behind the fake Twilio: people on their phones, what they were sent, and the faults that a test orders."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal["error", "html", "half", "hang", "drop", "empty"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong with the next ``times`` calls to a path that holds ``where``."""

    kind: FaultKind
    where: str = "/Messages.json"
    method: str = "POST"
    times: int = 1
    #: Whether Twilio does what was asked before the fault.
    accept: bool = False
    status: int = 500
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Shown:
    """One message on a person's phone."""

    sid: str
    body: str = ""
    #: (id, label) of what can be pressed.
    choices: list[tuple[str, str]] = field(default_factory=list)
    media: str | None = None
    place: str | None = None
    content_sid: str | None = None


@dataclass(slots=True, kw_only=True)
class Phone:
    """A person: the number, perhaps a user id, and what came in."""

    number: str
    user_id: str | None = None
    name: str = "Test"
    #: Twilio refuses with this code what is sent to the person.
    refuses: int | None = None
    log: list[Shown] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The bodies, in order."""
        return [one.body for one in self.log]


class World:
    """People, templates and faults."""

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self.contents: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        #: (method, path) of every call that arrived.
        self.calls: list[tuple[str, str]] = []
        #: What the documents refuse: a test that expects none asserts on this.
        self.refused: list[str] = []
        #: Forms of all Messages calls, in order.
        self.forms: list[dict[str, list[str]]] = []
        self.faults: list[Fault] = []
        #: (channel, message) of every sign of typing.
        self.typing: list[tuple[str, str]] = []
        self.on_sent: Callable[[dict[str, Any]], None] = lambda message: None
        self._changed: set[asyncio.Event] = set()
        self._ids = itertools.count(1)

    def phone(self, number: str = "whatsapp:+491701234567", **details: Any) -> Phone:
        """Return the person with this number, made at the first call."""
        return self.phones.setdefault(number, Phone(number=number, **details))

    def next_sid(self, prefix: str) -> str:
        """Return a new identifier."""
        return f"{prefix}{next(self._ids):032x}"

    def posts(self, where: str = "/Messages.json") -> int:
        """Return how often something was posted to a path."""
        return sum(method == "POST" and where in path for method, path in self.calls)

    def fail(self, kind: FaultKind, **details: Any) -> None:
        """Order a fault; see :class:`Fault`."""
        self.faults.append(Fault(kind=kind, **details))

    def fault_for(self, method: str, path: str) -> Fault | None:
        """Return, and use up, the first ordered fault that fits."""
        for fault in self.faults:
            if fault.where in path and fault.method == method:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        for event in self._changed:
            event.set()

    async def until(self, condition: Callable[[], Any], timeout: float = 10.0) -> None:
        """Return when ``condition`` holds; fails after ``timeout`` seconds."""
        event = asyncio.Event()
        self._changed.add(event)
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await event.wait()
                    event.clear()
        finally:
            self._changed.discard(event)
