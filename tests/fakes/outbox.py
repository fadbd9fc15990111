"""Puts entries into a real store's outbox, and a channel that answers as the test wrote."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from core.capabilities import CAPABILITIES, Capabilities
from core.events import Event, Received
from core.ids import ConversationId, EntryId, conversation_id, derived_id
from core.messages import Address, Inbound, Outbound, Say, Text
from core.ports import Clock, Store
from core.records import Arrival, Commit, Committed, Delivery, Dispatch, DispatchKind, Entry, Wrote
from core.sending import SendResult, Taken

_events = itertools.count(1)


def address(peer: str, channel: str = "telegram", account: str = "1") -> Address:
    """Return where a person of the tests lives."""
    return Address(bot="b", channel=channel, account=account, peer=peer)


def name_of(where: Address) -> ConversationId:
    """Return the conversation of an address."""
    return conversation_id(b"k", bot=where.bot, channel=where.channel, account=where.account, peer=where.peer)


async def queue(
    store: Store, clock: Clock, where: Address, texts: Sequence[str | Outbound], kind: DispatchKind = "bot"
) -> None:
    """Let the person write, and answer with ``texts`` (or other messages) in one turn."""
    now = clock.now()
    event = Received(message=Inbound(content=Text(text="?")))
    arrival = Arrival(conversation=name_of(where), address=where, event_id=f"e{next(_events)}", event=event, at=now)
    await store.ingest([arrival], now)
    (lease,) = [one for one in await store.claim("w", now, 5000, 100) if one.conversation == name_of(where)]
    entries = tuple(
        Entry(
            id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n)),
            at=now,
            author="bot",
            body=Wrote(message=Say(text=text) if isinstance(text, str) else text),
            dispatch=Dispatch(kind=kind, epoch=0),
        )
        for n, text in enumerate(texts)
    )
    assert isinstance(await store.commit(lease, Commit(state=b"{}", epoch=0, entries=entries), now), Committed)


async def deliveries(store: Store, where: Address) -> dict[str, Delivery]:
    """Return where each text to the person stands."""
    found: dict[str, Delivery] = {}
    for line in await store.transcript(name_of(where), 0, 1000):
        body = line.entry.body
        if isinstance(body, Wrote) and isinstance(body.message, Say) and line.delivery is not None:
            found[body.message.text] = line.delivery
    return found


async def states(store: Store, where: Address) -> dict[str, str]:
    """Return the delivery state of each text to the person."""
    return {text: delivery.state for text, delivery in (await deliveries(store, where)).items()}


async def next_event(store: Store, clock: Clock) -> Event:
    """Return the event that waits for a turn."""
    (lease,) = await store.claim("w", clock.now(), 5000, 100)
    return lease.event


class ScriptedChannel:
    """Answers each send with the next result for that text, then with ``Taken``."""

    capabilities: Capabilities = CAPABILITIES["telegram"]

    def __init__(self, name: str = "telegram", account: str = "1") -> None:
        self.name = name
        self.account = account
        #: (peer, text) of every send, in order.
        self.sent: list[tuple[str, str]] = []
        self.taken: list[str] = []
        self.script: dict[str, list[SendResult | Exception]] = {}
        #: For texts that the script does not know.
        self.default: Callable[[], SendResult] = Taken
        #: Sends of these texts wait until the event is set.
        self.gates: dict[str, asyncio.Event] = {}
        self.started = asyncio.Event()

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        assert isinstance(message, Say)
        self.sent.append((address.peer, message.text))
        self.started.set()
        if message.text in self.gates:
            await self.gates[message.text].wait()
        results = self.script.get(message.text)
        result = results.pop(0) if results else self.default()
        if isinstance(result, Exception):
            raise result
        if isinstance(result, Taken):
            self.taken.append(message.text)
        return result

    @property
    def texts(self) -> list[str]:
        """The texts of every send, in order."""
        return [text for _, text in self.sent]


class Interposed:
    """A store with some of its methods replaced by the test; the rest is the real one's."""

    def __init__(self, store: Store, **methods: Any) -> None:
        self._store = store
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._store, name)
