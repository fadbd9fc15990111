"""Erasure on a wish, by age and by the sweep, on every backend."""

from __future__ import annotations

import pytest

from core.events import ConsoleActed, EraseContact
from core.ids import CallId
from core.ports import Store
from core.records import (
    Accepted,
    Call,
    Commit,
    DeadLetter,
    Duplicate,
    Failed,
    Label,
    LeaseLost,
    Outcome,
    Receipt,
    RetryAt,
    Sent,
    Timer,
    TurnLease,
)
from tests.contract.words import (
    DAY,
    HOUR,
    LEASE,
    NOW,
    address,
    arrival,
    claim_delivery,
    claim_one,
    conv,
    do,
    entry,
    note,
    say,
    turn,
)


async def full(store: Store, n: int = 1) -> None:
    """Store something of everything for one person."""
    await say(store, "full", n)
    lease = await claim_one(store)
    await do(
        store,
        lease,
        entries=(entry(lease, 0), note(lease, 1), entry(lease, 2)),
        labels=(Label(name="waiting"),),
        set_timers=(Timer(name="remind", at=NOW + 100),),
        calls=(Call(id=CallId(f"{conv(n)}/call"), name="n", args={"a": "b"}, timeout=NOW),),
        outcome=Outcome(ok=True, code="done"),
        dead=DeadLetter(reason="x"),
    )
    for delivery in await store.claim_delivery("s", NOW, LEASE, 10):
        if delivery.conversation == conv(n):
            await store.settle(delivery, Sent(provider_ids=(f"p{n}",)), NOW)
        else:
            await store.release(delivery, NOW, NOW)


async def nothing_of(store: Store, n: int = 1) -> None:
    """See that nothing of this person is left."""
    assert await store.snapshot(conv(n)) is None
    assert await store.transcript(conv(n), 0, 100) == []
    assert conv(n) not in [found.conversation for found in await store.find("waiting", 100)]
    assert conv(n) not in [letter.conversation for letter in await store.dead(100)]
    assert await store.outcome(conv(n), "full", NOW) is None
    for leases in (
        await store.claim("w", NOW + DAY, 1, 100),
        await store.claim_delivery("s", NOW + DAY, 1, 100),
        await store.claim_calls("c", NOW + DAY, 1, 100),
    ):
        assert conv(n) not in [lease.conversation for lease in leases]


async def test_forget_erases_everything_of_one_person(store: Store) -> None:
    await full(store, 1)
    await full(store, 2)
    await say(store, "waiting", 1)
    assert await store.forget(conv(1), NOW)
    assert not await store.forget(conv(1), NOW)
    await nothing_of(store, 1)
    assert await store.snapshot(conv(2)) is not None
    assert len(await store.transcript(conv(2), 0, 10)) == 3
    stats = await store.stats(NOW)
    assert (stats.conversations, stats.dead, stats.open_calls) == (1, 1, 1)


async def test_leases_of_a_forgotten_person_lose(store: Store) -> None:
    await full(store)
    await say(store, "e2")
    lease = await claim_one(store)
    delivery = await claim_delivery(store)
    (call,) = await store.claim_calls("c", NOW, LEASE, 10)
    await store.forget(conv(), NOW)
    assert await store.commit(lease, Commit(state=b"s", epoch=0), NOW) == LeaseLost()
    assert not await store.settle(delivery, Failed(reason="x"), NOW)
    assert not await store.settle_call(call, NOW)
    for one in (lease, delivery, call):
        assert not await store.extend(one, NOW + DAY)
        assert not await store.release(one, NOW, NOW)
    await store.receipt(Receipt(channel="telegram", account="bot1", provider_id="p1", state="read", at=NOW), NOW)
    await nothing_of(store)


async def test_a_repeated_webhook_does_not_bring_a_forgotten_person_back(store: Store) -> None:
    await turn(store, "e1")
    await say(store, "e2")
    await store.forget(conv(), NOW + 1)
    assert await say(store, "e1", now=NOW + 2) == Duplicate(event_id="e1")
    assert await say(store, "e2", now=NOW + 2) == Duplicate(event_id="e2")
    assert await store.snapshot(conv()) is None


async def test_a_person_who_returns_is_a_new_generation(store: Store) -> None:
    await turn(store, "e1", state=b"old", epoch=3)
    await store.forget(conv(), NOW)
    assert await say(store, "e2", now=NOW) == Accepted(event_id="e2")
    lease = await claim_one(store)
    assert lease.generation > NOW
    assert (lease.turn, lease.state, lease.epoch) == (1, None, 0)


async def erased(store: Store, now: int = NOW, **effects: object) -> TurnLease:
    """Handle the person's wish to be erased; by default one confirmation goes out."""
    wish = ConsoleActed(actor="7", action=EraseContact())
    await store.ingest([arrival("wish", event=wish, at=now)], now)
    lease = await claim_one(store, now)
    if "entries" not in effects:
        effects["entries"] = (entry(lease, 0, text="all is erased", kind="notice"), note(lease, 1))
    await do(store, lease, now, erase=True, **effects)
    return lease


async def test_erase_keeps_the_address_and_the_confirmation_until_delivered(store: Store) -> None:
    await full(store)
    old = await store.snapshot(conv())
    assert old is not None
    lease = await erased(
        store, NOW + 1, labels=(Label(name="waiting"),), set_timers=(Timer(name="t", at=NOW),), expires=NOW,
        calls=(Call(id=CallId("late"), name="n", args={}, timeout=NOW),), outcome=Outcome(ok=True, code="erased"),
        counts=("erased",), dead=DeadLetter(reason="x"),
    )  # fmt: skip
    rest = await store.snapshot(conv())
    assert rest is not None
    assert rest.generation > old.generation
    assert (rest.turn, rest.state, rest.epoch, rest.labels, rest.expires) == (0, None, 0, (), None)
    assert (rest.waiting_events, rest.undelivered, rest.address) == (0, 1, address())
    assert [line.entry.id for line in await store.transcript(conv(), 0, 10)] == [
        f"{conv()}/{lease.generation}/{lease.turn}/{n}" for n in range(2)
    ]
    assert await store.dead(10) == []
    assert await store.find("waiting", 10) == []
    assert await store.outcome(conv(), "full", NOW + 1) is None
    assert await store.outcome(conv(), "wish", NOW + 1) == Outcome(ok=True, code="erased")
    assert await store.claim("w", NOW + DAY, LEASE, 10) == []
    assert await store.claim_calls("w", NOW + DAY, LEASE, 10) == []
    assert ("2025-06-15", "erased") in await store.counts("2025-01-01")
    delivery = await claim_delivery(store, NOW + 2)
    assert delivery.generation == rest.generation
    assert await store.settle(delivery, Sent(provider_ids=("p9",)), NOW + 2)
    await nothing_of(store)


async def test_old_receipts_do_not_touch_the_rest(store: Store) -> None:
    await full(store)
    await erased(store)
    await store.receipt(Receipt(channel="telegram", account="bot1", provider_id="p1", state="failed", at=NOW), NOW)
    assert await store.claim("w", NOW + DAY, LEASE, 10) == []


async def test_erase_without_a_confirmation_leaves_nothing(store: Store) -> None:
    await full(store)
    await erased(store, entries=())
    await nothing_of(store)


async def test_a_failed_confirmation_is_told_to_nobody(store: Store) -> None:
    await erased(store)
    await store.settle(await claim_delivery(store), Failed(reason="blocked", blocked=True), NOW)
    await nothing_of(store)


async def test_a_retried_confirmation_stays_an_hour_at_most(store: Store) -> None:
    await erased(store)
    await store.settle(await claim_delivery(store), RetryAt(at=NOW + 10, reason="down"), NOW)
    assert (await store.sweep(NOW + HOUR - 1, 100)).total == 0
    assert await store.snapshot(conv()) is not None
    assert (await store.sweep(NOW + HOUR, 100)).total >= 1
    await nothing_of(store)


async def test_events_that_wait_at_the_erasure_begin_a_new_life(store: Store) -> None:
    await full(store)
    await say(store, "wish")
    await say(store, "later", text="hello again")
    lease = await claim_one(store)
    await do(store, lease, erase=True, entries=(entry(lease, kind="notice"),), state=b"ignored", epoch=9)
    again = await claim_one(store)
    assert (again.event_id, again.state, again.turn, again.epoch, again.attempts) == ("later", None, 1, 0, 1)
    assert again.event == arrival("later", text="hello again").event
    assert again.generation > lease.generation
    await do(store, again, state=b"new life", entries=(entry(again),))
    for _ in range(2):
        await store.settle(await claim_delivery(store), Sent(), NOW)
    found = await store.snapshot(conv())
    assert found is not None
    assert (found.state, found.turn) == (b"new life", 1)
    # The confirmation of the erasure went with its delivery.
    assert [line.entry.id for line in await store.transcript(conv(), 0, 10)] == [f"{conv()}/{again.generation}/1/0"]
    assert (await store.sweep(NOW + 2 * HOUR, 100)).total == 0


async def test_an_event_after_the_erasure_keeps_the_conversation(store: Store) -> None:
    await erased(store)
    await say(store, "new", now=NOW + 5)
    await store.settle(await claim_delivery(store, NOW + 5), Sent(), NOW + 5)
    lease = await claim_one(store, NOW + 6)
    assert (lease.event_id, lease.state, lease.turn) == ("new", None, 1)
    assert (await store.sweep(NOW + 2 * HOUR, 100)).total == 0
    await do(store, lease, NOW + 6)
    assert await store.snapshot(conv()) is not None


async def test_the_rest_of_a_new_life_is_swept_alone(store: Store) -> None:
    await erased(store)
    await say(store, "new", now=NOW + 5)
    lease = await claim_one(store, NOW + 5)
    await do(store, lease, NOW + 5, entries=(entry(lease),))
    assert len(await store.transcript(conv(), 0, 10)) == 3
    assert (await store.sweep(NOW + HOUR, 100)).total == 1
    assert [line.entry.id for line in await store.transcript(conv(), 0, 10)] == [entry(lease).id]
    found = await store.snapshot(conv())
    assert found is not None
    assert found.undelivered == 1
    assert (await claim_delivery(store, NOW + HOUR)).entry.id == entry(lease).id


async def test_a_running_lease_of_before_loses_after_the_erasure(store: Store) -> None:
    await turn(store, "e1", entries=())
    await say(store, "e2")
    old = await claim_one(store)
    new = await claim_one(store, NOW + LEASE)
    await do(store, new, NOW + LEASE, erase=True, entries=(entry(new, kind="notice"),))
    assert await store.commit(old, Commit(state=b"zombie", epoch=0), NOW + LEASE) == LeaseLost()
    assert await store.commit(new, Commit(state=b"zombie", epoch=0), NOW + LEASE) == LeaseLost()


# -- the sweep ------------------------------------------------------------------------------------------


async def test_expired_conversations_are_erased(store: Store) -> None:
    await turn(store, "e1", 1, expires=NOW + DAY, labels=(Label(name="waiting"),))
    await turn(store, "e1", 2)
    assert (await store.sweep(NOW + DAY - 1, 100)).total == 0
    assert (await store.sweep(NOW + DAY, 100)).total == 1
    await nothing_of(store, 1)
    assert await store.snapshot(conv(2)) is not None


async def test_a_later_commit_moves_the_expiry(store: Store) -> None:
    await turn(store, "e1", expires=NOW + DAY)
    await turn(store, "e2", expires=NOW + 2 * DAY)
    assert (await store.sweep(NOW + DAY, 100)).total == 0
    await turn(store, "e3", now=NOW + DAY)
    assert (await store.sweep(NOW + 2 * DAY + 1, 100)).total == 2  # two ids that are too old by now
    assert await store.snapshot(conv()) is not None


@pytest.mark.parametrize("kind", ["counsellor", "notice", "crisis"])
async def test_what_still_waits_puts_the_expiry_off_for_a_day(store: Store, kind: str) -> None:
    await say(store, "e1")
    lease = await claim_one(store)
    await do(store, lease, entries=(entry(lease, kind=kind),), expires=NOW + HOUR)  # type: ignore[arg-type]
    assert (await store.sweep(NOW + HOUR + DAY - 1, 100)).total == 0
    assert (await store.sweep(NOW + HOUR + DAY, 100)).total == 1
    await nothing_of(store)


async def test_a_waiting_event_puts_the_expiry_off(store: Store) -> None:
    await turn(store, "e1", expires=NOW + HOUR, entries=())
    await say(store, "e2", now=NOW + 1)
    assert (await store.sweep(NOW + HOUR, 100)).total == 0
    assert (await store.sweep(NOW + HOUR + DAY, 100)).total == 1


async def test_a_bot_entry_does_not(store: Store) -> None:
    await turn(store, "e1", expires=NOW + HOUR)
    assert (await store.sweep(NOW + HOUR, 100)).total == 1


async def test_the_sweep_is_bounded(store: Store) -> None:
    for n in range(5):
        await turn(store, "e1", n, expires=NOW + 1)
    assert (await store.sweep(NOW + 1, 2)).total == 2
    assert (await store.sweep(NOW + 1, 2)).total == 2
    assert (await store.sweep(NOW + 1, 2)).total == 1
    assert (await store.stats(NOW)).conversations == 0


async def test_old_ids_outcomes_letters_and_receipts_go(store: Store) -> None:
    await turn(store, "e1", outcome=Outcome(ok=True, code="x"), dead=DeadLetter(reason="x"))
    await store.receipt(Receipt(channel="c", account="a", provider_id="p", state="read", at=NOW), NOW)
    assert (await store.sweep(NOW + HOUR, 100)).total == 1
    assert (await store.sweep(NOW + DAY, 100)).total == 1
    assert (await store.sweep(NOW + 2 * DAY, 100)).total == 1
    assert (await store.sweep(NOW + 30 * DAY, 100)).total == 1
    assert await store.dead(10) == []
    assert (await store.sweep(NOW + 90 * DAY, 100)).total == 0
