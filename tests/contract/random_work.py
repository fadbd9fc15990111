"""What the random stories of the store do: commits and settlements, their details drawn from a seed."""

from __future__ import annotations

from random import Random

from core.ids import CallId, Millis
from core.records import (
    Call,
    Commit,
    DeadLetter,
    DispatchKind,
    Entry,
    Failed,
    Held,
    Label,
    Outcome,
    RetryAt,
    Sent,
    Settlement,
    Timer,
    TurnLease,
    Uncertain,
)
from tests.contract.words import DAY, HOUR, entry, note

__all__ = ["random_commit", "random_settlement"]

KINDS: tuple[DispatchKind | None, ...] = (None, "bot", "bot", "bot", "crisis", "notice", "counsellor")


def random_commit(rng: Random, lease: TurnLease, now: Millis) -> Commit:
    """Return what a turn may do."""
    epoch = lease.epoch + rng.choice((0, 0, 0, 1))
    life = rng.choice((None, None, 1_000, HOUR))
    entries: list[Entry] = []
    for place in range(rng.choice((0, 1, 1, 2, 3))):
        kind = rng.choice(KINDS)
        expires = None if life is None else now + life
        if kind is None:
            entries.append(note(lease, place))
        else:
            entries.append(entry(lease, place, kind=kind, epoch=epoch, expires=expires))
    call = Call(id=CallId(f"{lease.conversation}/{lease.generation}/{lease.turn}/c"), name="n", args={}, timeout=now)
    expiry = rng.choice((None, None, None, 100, DAY))
    names = rng.sample(("waiting", "owner:7", "lang:ar"), rng.randrange(3))
    timers = rng.sample(("a", "b"), rng.choice((0, 0, 1, 2)))
    return Commit(
        state=b"state %d" % lease.turn,
        epoch=epoch,
        labels=tuple(Label(name=name, rank=rng.randrange(3)) for name in names),
        entries=tuple(entries),
        set_timers=tuple(Timer(name=one, at=now + rng.choice((1, 500, HOUR)), data=one) for one in timers),
        cancel_timers=tuple(rng.sample(("a", "b", "*"), rng.choice((0, 0, 1, 2)))),
        calls=(call,) if rng.random() < 0.2 else (),
        counts=("turns",) if rng.random() < 0.3 else (),
        outcome=Outcome(ok=True, code="done") if rng.random() < 0.3 else None,
        dead=DeadLetter(reason="error") if rng.random() < 0.15 else None,
        expires=None if expiry is None else now + expiry,
        erase=rng.random() < 0.12,
    )


def random_settlement(rng: Random, ids: tuple[str, ...], now: Millis) -> Settlement:
    """Return how a send may end; ``ids`` are the provider's."""
    later = now + rng.choice((0, 10, 10, HOUR))
    ways: tuple[Settlement, ...] = (
        Sent(provider_ids=ids),
        Sent(provider_ids=ids),
        RetryAt(at=later, reason="no connection", paced=rng.random() < 0.3),
        Uncertain(reason="timeout"),
        Uncertain(reason="timeout", retry_at=later),
        Held(until=later, reason="closed"),
        Failed(reason="gone", blocked=rng.random() < 0.5),
    )
    return rng.choice(ways)
