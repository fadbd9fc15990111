"""Builders for store tests: short words for arrivals, commits and a person's way through the store."""

from __future__ import annotations

from core.events import Event, Received
from core.ids import ConversationId, EntryId, Millis, conversation_id, derived_id
from core.messages import Address, Content, Inbound, Say, Text
from core.ports import Store
from core.records import (
    Accepted,
    Arrival,
    Commit,
    Committed,
    Delivery,
    DeliveryLease,
    Dispatch,
    DispatchKind,
    Duplicate,
    Entry,
    Noted,
    TurnLease,
    Wrote,
)

__all__ = [
    "DAY",
    "HOUR",
    "LEASE",
    "MINUTE",
    "NOW",
    "address",
    "arrival",
    "claim_delivery",
    "claim_one",
    "conv",
    "delivery_of",
    "do",
    "entry",
    "none_due",
    "note",
    "say",
    "text_of",
    "turn",
    "written",
]

NOW: Millis = 1_750_000_000_000
LEASE: Millis = 5_000
MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


def address(n: int = 1, *, channel: str = "telegram", account: str = "bot1") -> Address:
    return Address(bot="berlin", channel=channel, account=account, peer=f"+49170000{n:04d}")


def conv(n: int = 1, *, channel: str = "telegram", account: str = "bot1") -> ConversationId:
    one = address(n, channel=channel, account=account)
    return conversation_id(b"k" * 32, bot=one.bot, channel=one.channel, account=one.account, peer=one.peer)


def arrival(
    event_id: str,
    n: int = 1,
    *,
    text: str = "hello",
    at: Millis = NOW,
    event: Event | None = None,
    content: Content | None = None,
    channel: str = "telegram",
    account: str = "bot1",
    aliases: tuple[ConversationId, ...] = (),
) -> Arrival:
    if event is None:
        event = Received(message=Inbound(content=content or Text(text=text), message_id=event_id))
    return Arrival(
        conversation=conv(n, channel=channel, account=account),
        aliases=aliases,
        address=address(n, channel=channel, account=account),
        event_id=event_id,
        event=event,
        at=at,
    )


async def say(store: Store, event_id: str, n: int = 1, now: Millis = NOW, **words: str) -> Accepted | Duplicate:
    """Bring one message in."""
    (result,) = await store.ingest([arrival(event_id, n, at=now, **words)], now)  # type: ignore[arg-type]
    return result


async def claim_one(store: Store, now: Millis = NOW, lease: Millis = LEASE) -> TurnLease:
    """Claim the only due turn."""
    (found,) = await store.claim("worker", now, lease, 10)
    return found


def entry(
    lease: TurnLease,
    n: int = 0,
    *,
    text: str = "good day",
    kind: DispatchKind = "bot",
    epoch: int | None = None,
    expires: Millis | None = None,
    at: Millis | None = None,
) -> Entry:
    """An entry that goes to the person."""
    return Entry(
        id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n)),
        at=lease.at if at is None else at,
        author="bot",
        body=Wrote(message=Say(text=text), source="start.main"),
        dispatch=Dispatch(kind=kind, epoch=lease.epoch if epoch is None else epoch, expires=expires),
    )


def note(lease: TurnLease, n: int = 0, text: str = "call back on Monday") -> Entry:
    """An entry that goes to nobody."""
    return Entry(
        id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n)),
        at=lease.at,
        author="counsellor",
        body=Noted(text=text),
        actor="7",
    )


async def do(store: Store, lease: TurnLease, now: Millis = NOW, **effects: object) -> None:
    """Commit a turn and see that it holds."""
    settings: dict[str, object] = {"state": b"state", "epoch": lease.epoch, **effects}
    assert await store.commit(lease, Commit(**settings), now) == Committed()  # type: ignore[arg-type]


async def turn(store: Store, event_id: str, n: int = 1, now: Millis = NOW, **effects: object) -> TurnLease:
    """Bring a message in and handle it; by default the answer is one entry."""
    await say(store, event_id, n, now)
    lease = await claim_one(store, now)
    if "entries" not in effects:
        effects["entries"] = (entry(lease),)
    await do(store, lease, now, **effects)
    return lease


async def claim_delivery(store: Store, now: Millis = NOW, lease: Millis = LEASE) -> DeliveryLease:
    """Claim the only due delivery."""
    (found,) = await store.claim_delivery("sender", now, lease, 10)
    return found


async def delivery_of(store: Store, n: int = 1, place: int = -1) -> Delivery:
    """Return how the entry at ``place`` of the transcript stands."""
    lines = await store.transcript(conv(n), 0, 100)
    found = lines[place].delivery
    assert found is not None
    return found


async def written(store: Store, *entries: dict[str, object], now: int = NOW, epoch: int = 0) -> TurnLease:
    """Handle one message whose answer is these entries."""
    await say(store, f"e{now}-{len(entries)}", now=now)
    lease = await claim_one(store, now)
    rows = tuple(entry(lease, n, text=f"part {n}", **settings) for n, settings in enumerate(entries))  # type: ignore[arg-type]
    await do(store, lease, now, entries=rows, epoch=epoch)
    return lease


async def none_due(store: Store, now: int = NOW) -> None:
    """See that no delivery is due."""
    assert await store.claim_delivery("s", now, LEASE, 10) == []


def text_of(lease: DeliveryLease) -> str:
    """Return what is to be sent."""
    assert isinstance(lease.message, Say)
    return lease.message.text
