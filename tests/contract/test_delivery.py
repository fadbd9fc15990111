"""Deliveries: every rule of the outbox, on every backend."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.events import SendFailed
from core.messages import Say, Subscribed, Unsubscribed
from core.ports import Store
from core.reasons import reason
from core.records import Delivery, Entry, Failed, Held, RetryAt, Sent, Settlement, Uncertain
from tests.contract.words import (
    DAY,
    HOUR,
    LEASE,
    MINUTE,
    NOW,
    arrival,
    claim_delivery,
    claim_one,
    conv,
    delivery_of,
    do,
    entry,
    none_due,
    note,
    say,
    text_of,
    turn,
    written,
)


async def test_an_entry_goes_out_once(store: Store) -> None:
    turn_lease = await written(store, {})
    lease = await claim_delivery(store)
    assert lease.entry == entry(turn_lease, text="part 0")
    assert lease.message == Say(text="part 0")
    assert (lease.conversation, lease.generation, lease.attempts, lease.maybe_sent) == (conv(), NOW, 1, False)
    assert lease.until == NOW + LEASE
    assert (await delivery_of(store)).state == "sending"
    assert await store.settle(lease, Sent(provider_ids=("p1",)), NOW + 1)
    assert await delivery_of(store) == Delivery(state="sent", attempts=1, at=NOW + 1)
    await none_due(store, NOW + DAY)


async def test_notes_never_go_out(store: Store) -> None:
    await say(store, "e1")
    lease = await claim_one(store)
    await do(store, lease, entries=(note(lease),))
    await none_due(store, NOW + DAY)


async def test_entries_go_out_in_order_one_at_a_time(store: Store) -> None:
    await written(store, {}, {}, {})
    for n in range(3):
        lease = await claim_delivery(store)
        assert text_of(lease) == f"part {n}"
        await none_due(store)
        await store.settle(lease, Sent(), NOW)
    await none_due(store, NOW + DAY)


async def test_a_new_entry_does_not_break_a_running_lease(store: Store) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    await written(store, {}, now=NOW + 1)
    await none_due(store, NOW + 1)
    await store.settle(lease, Sent(), NOW + 2)
    assert (await claim_delivery(store, NOW + 2)).entry.id != lease.entry.id


async def test_an_expired_lease_may_have_sent(store: Store) -> None:
    await written(store, {})
    old = await claim_delivery(store)
    new = await claim_delivery(store, NOW + LEASE)
    assert (new.entry, new.attempts, new.maybe_sent) == (old.entry, 2, True)
    assert not await store.settle(old, Sent(), NOW + LEASE)
    assert not await store.extend(old, NOW + DAY)
    assert not await store.release(old, NOW, NOW)
    assert await store.settle(new, RetryAt(at=NOW + DAY, reason="no connection"), NOW + LEASE)
    third = await claim_delivery(store, NOW + DAY)
    assert (third.attempts, third.maybe_sent) == (3, True)


async def test_extend_and_release_of_a_delivery(store: Store) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    assert await store.extend(lease, NOW + MINUTE)
    await none_due(store, NOW + MINUTE - 1)
    assert await store.release(lease, NOW + 2 * MINUTE, NOW + 5)
    assert (await delivery_of(store)).state == "pending"
    await none_due(store, NOW + 2 * MINUTE - 1)
    again = await claim_delivery(store, NOW + 2 * MINUTE)
    assert (again.attempts, again.maybe_sent) == (1, False)
    assert not await store.settle(lease, Sent(), NOW)


async def test_settling_is_idempotent(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    assert await store.settle(lease, Failed(reason="unknown chat"), NOW)
    assert await store.settle(lease, Failed(reason="unknown chat"), NOW + 9)
    assert await store.settle(lease, Sent(), NOW + 9)
    assert await delivery_of(store, place=0) == Delivery(state="failed", reason="unknown chat", attempts=1, at=NOW)
    assert (await claim_one(store, NOW)).event_id == f"failed/{lease.entry.id}"
    assert await store.claim("w", NOW, LEASE, 10) == []


async def test_a_retry_blocks_what_is_behind_it(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    await store.settle(lease, RetryAt(at=NOW + 100, reason="too many requests"), NOW)
    assert await delivery_of(store, place=0) == Delivery(
        state="pending", reason="too many requests", attempts=1, at=NOW
    )
    await none_due(store, NOW + 99)
    again = await claim_delivery(store, NOW + 100)
    assert (text_of(again), again.attempts, again.maybe_sent) == ("part 0", 2, False)


async def test_a_crisis_entry_overtakes_a_retrying_and_a_held_one(store: Store) -> None:
    await written(store, {}, {"kind": "crisis"}, {"kind": "crisis"}, {"kind": "counsellor"})
    first = await claim_delivery(store)
    await store.settle(first, Held(until=NOW + HOUR, reason="window closed"), NOW)
    for n in (1, 2):
        lease = await claim_delivery(store)
        assert text_of(lease) == f"part {n}"
        await store.settle(lease, Sent(), NOW)
    await none_due(store, NOW + HOUR - 1)
    assert text_of(await claim_delivery(store, NOW + HOUR)) == "part 0"


async def test_crisis_entries_keep_order_among_themselves(store: Store) -> None:
    await written(store, {}, {"kind": "crisis"}, {"kind": "crisis"})
    for _ in range(2):
        lease = await claim_delivery(store)
        await store.settle(lease, RetryAt(at=NOW + HOUR, reason="down"), NOW)
    await none_due(store, NOW + HOUR - 1)


async def test_held_entries_wake_when_the_person_writes(store: Store) -> None:
    await written(store, {"kind": "counsellor"}, {"kind": "counsellor"})
    lease = await claim_delivery(store)
    await store.settle(lease, Held(until=NOW + DAY, reason="window closed"), NOW)
    assert (await delivery_of(store, place=0)).state == "held"
    await store.ingest([arrival("block", content=Unsubscribed())], NOW + 1)
    await none_due(store, NOW + 1)
    await store.ingest([arrival("again", content=Subscribed())], NOW + 2)
    assert (await delivery_of(store, place=0)).state == "pending"
    assert text_of(await claim_delivery(store, NOW + 2)) == "part 0"


async def test_uncertain_is_sent_once_more_and_says_so(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    await store.settle(lease, Uncertain(reason="read timeout", retry_at=NOW + 50), NOW)
    assert (await delivery_of(store, place=0)).state == "uncertain"
    await none_due(store, NOW + 49)
    again = await claim_delivery(store, NOW + 50)
    assert (text_of(again), again.maybe_sent, again.attempts) == ("part 0", True, 2)
    await store.settle(again, Uncertain(reason="read timeout"), NOW + 51)
    assert (await delivery_of(store, place=0)).state == "uncertain"
    assert text_of(await claim_delivery(store, NOW + 51)) == "part 1"


async def test_attempts_that_did_not_arrive_are_counted_apart(store: Store) -> None:
    """The one resend of a doubtful entry survives a bad connection, whoever makes the attempts."""
    await written(store, {})
    first = await claim_delivery(store)
    assert (first.attempts, first.missed) == (1, 0)
    await store.settle(first, Uncertain(reason="read timeout", retry_at=NOW + 10), NOW)
    second = await claim_delivery(store, NOW + 10)
    assert (second.attempts, second.missed, second.maybe_sent) == (2, 0, True)
    await store.settle(second, RetryAt(at=NOW + 20, reason="no connection"), NOW + 10)
    delivery = await delivery_of(store)
    assert (delivery.state, delivery.attempts, delivery.reason) == ("uncertain", 2, "no connection")
    third = await claim_delivery(store, NOW + 20)
    assert (third.attempts, third.missed, third.maybe_sent) == (3, 1, True)
    # A crash now is a possible send, no miss.
    fourth = await claim_delivery(store, NOW + 20 + LEASE)
    assert (fourth.attempts, fourth.missed) == (4, 1)


@pytest.mark.parametrize(
    "settlement", [RetryAt(at=NOW + 10, reason="slow down", paced=True), Held(until=NOW + 10, reason="closed")]
)
async def test_what_is_put_off_is_no_attempt(store: Store, settlement: Settlement) -> None:
    await written(store, {})
    for _ in range(3):
        lease = await claim_delivery(store, NOW + 10)
        assert (lease.attempts, lease.missed, lease.maybe_sent) == (1, 0, False)
        await store.settle(lease, settlement, NOW)
    assert (await delivery_of(store)).attempts == 0


@pytest.mark.parametrize("blocked", [False, True])
async def test_failed_becomes_an_event(store: Store, blocked: bool) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    await store.settle(lease, Failed(reason="the chat is gone", blocked=blocked), NOW)
    told = await claim_one(store)
    assert told.event == SendFailed(entry_id=lease.entry.id, reason="the chat is gone", blocked=blocked)
    assert told.at == NOW


async def test_failure_does_not_break_a_running_turn(store: Store) -> None:
    await written(store, {})
    await say(store, "e2", now=NOW + 1)
    running = await claim_one(store, NOW + 1)
    lease = await claim_delivery(store, NOW + 1)
    await store.settle(lease, Failed(reason="gone"), NOW + 2)
    assert await store.claim("w", NOW + 2, LEASE, 10) == []
    await do(store, running, NOW + 3)
    assert isinstance((await claim_one(store, NOW + 3)).event, SendFailed)


# -- dropping -------------------------------------------------------------------------------------------


async def test_bot_entries_of_an_older_epoch_are_dropped(store: Store) -> None:
    await written(store, {"kind": "bot"}, {"kind": "notice"}, {"kind": "crisis"}, {"kind": "counsellor"}, {})
    await turn(store, "claimed", now=NOW + 1, epoch=1, entries=())
    texts = []
    while leases := await store.claim_delivery("s", NOW + 2, LEASE, 10):
        texts.append(text_of(leases[0]))
        await store.settle(leases[0], Sent(), NOW + 2)
    assert texts == ["part 1", "part 2", "part 3"]
    dropped = await delivery_of(store, place=0)
    assert (dropped.state, dropped.reason, dropped.at) == (
        "dropped",
        "The conversation had moved on before this could be sent.",
        NOW + 2,
    )


async def test_a_dropped_entry_frees_the_ones_behind_it_at_once(store: Store) -> None:
    await written(store, {}, {"kind": "counsellor"})
    lease = await claim_delivery(store)
    await store.settle(lease, RetryAt(at=NOW + DAY, reason="down"), NOW)
    await turn(store, "claimed", now=NOW + 1, epoch=1, entries=())
    assert text_of(await claim_delivery(store, NOW + 1)) == "part 1"


async def test_bot_entries_expire(store: Store) -> None:
    await written(store, {"expires": NOW + HOUR}, {"kind": "notice", "expires": NOW + HOUR})
    lease = await claim_delivery(store)
    await store.settle(lease, RetryAt(at=NOW + DAY, reason="down"), NOW)
    await none_due(store, NOW + HOUR - 1)
    assert text_of(await claim_delivery(store, NOW + HOUR)) == "part 1"
    assert await delivery_of(store, place=0) == Delivery(
        state="dropped", reason=reason("too_late"), attempts=1, at=NOW + HOUR
    )


async def test_an_expired_entry_behind_a_waiting_one_is_dropped_too(store: Store) -> None:
    await written(store, {"kind": "notice"}, {"expires": NOW + HOUR})
    lease = await claim_delivery(store)
    await store.settle(lease, RetryAt(at=NOW + DAY, reason="down"), NOW)
    await none_due(store, NOW + HOUR)
    assert (await delivery_of(store, place=1)).state == "dropped"


async def test_a_drop_after_a_crash_says_that_it_may_have_arrived(store: Store) -> None:
    await written(store, {})
    await claim_delivery(store)
    await turn(store, "claimed", now=NOW + 1, epoch=1, entries=())
    await none_due(store, NOW + LEASE)
    dropped = await delivery_of(store)
    assert dropped.state == "dropped"
    assert dropped.reason is not None
    assert "may have arrived" in dropped.reason
    assert dropped.attempts == 1


# -- limits and accounts --------------------------------------------------------------------------------


async def test_only_the_asked_accounts(store: Store) -> None:
    for n, (channel, account) in enumerate([("telegram", "a"), ("telegram", "b"), ("viber", "a")]):
        await store.ingest([arrival("e", n, channel=channel, account=account)], NOW + n)
        lease = await claim_one(store, NOW + n)
        await do(store, lease, NOW + n, entries=(entry(lease),))

    async def got(accounts: Sequence[tuple[str, str]] | None) -> list[tuple[str, str]]:
        leases = await store.claim_delivery("s", NOW + 10, LEASE, 10, accounts)
        for lease in leases:
            await store.release(lease, NOW + 10, NOW + 10)
        return sorted((lease.address.channel, lease.address.account) for lease in leases)

    assert await got([]) == []
    assert await got([("telegram", "b")]) == [("telegram", "b")]
    assert await got([("telegram", "a"), ("viber", "a"), ("web", "x")]) == [("telegram", "a"), ("viber", "a")]
    assert await got(None) == [("telegram", "a"), ("telegram", "b"), ("viber", "a")]


async def test_the_limit_counts_leases_not_looks(store: Store) -> None:
    for n in range(6):
        epoch = 1 if n < 4 else 0
        await turn(store, "e1", n, NOW + n)
        await turn(store, "e2", n, NOW + n, epoch=epoch, entries=())
    leases = await store.claim_delivery("s", NOW + 10, LEASE, 1)
    assert [lease.conversation for lease in leases] == [conv(4)]
    assert [one.conversation for one in await store.claim_delivery("s", NOW + 10, LEASE, 5)] == [conv(5)]


async def test_counsellor_entries_wait_behind_the_bots_own(store: Store) -> None:
    """One order for all kinds: what was written first goes out first."""
    await written(store, {}, {"kind": "counsellor"})
    lease = await claim_delivery(store)
    assert isinstance(lease.entry, Entry)
    assert text_of(lease) == "part 0"
