"""Deliveries, receipts and outside calls: every rule of the other lanes, on every backend."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.events import SendFailed
from core.ids import CallId
from core.messages import Say, Subscribed, Unsubscribed
from core.ports import Store
from core.records import (
    Call,
    Delivery,
    DeliveryLease,
    Entry,
    Failed,
    Held,
    Receipt,
    RetryAt,
    Sent,
    Settlement,
    TurnLease,
    Uncertain,
)
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
    note,
    say,
    turn,
)


async def written(store: Store, *entries: dict[str, object], now: int = NOW, epoch: int = 0) -> TurnLease:
    """Handle one message whose answer is these entries."""
    await say(store, f"e{now}-{len(entries)}", now=now)
    lease = await claim_one(store, now)
    rows = tuple(entry(lease, n, text=f"part {n}", **settings) for n, settings in enumerate(entries))  # type: ignore[arg-type]
    await do(store, lease, now, entries=rows, epoch=epoch)
    return lease


async def none_due(store: Store, now: int = NOW) -> None:
    assert await store.claim_delivery("s", now, LEASE, 10) == []


def text_of(lease: DeliveryLease) -> str:
    assert isinstance(lease.message, Say)
    return lease.message.text


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
        state="dropped", reason="It could not be delivered in time.", attempts=1, at=NOW + HOUR
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


# -- receipts -------------------------------------------------------------------------------------------


def receipt(state: str, provider_id: str = "p1", at: int = NOW + 5, reason: str | None = None) -> Receipt:
    return Receipt(
        channel="telegram",
        account="bot1",
        provider_id=provider_id,
        state=state,  # type: ignore[arg-type]
        at=at,
        reason=reason,
    )


async def sent(store: Store, settlement: Settlement | None = None) -> DeliveryLease:
    await written(store, {})
    lease = await claim_delivery(store)
    await store.settle(lease, settlement or Sent(provider_ids=("p1", "p2")), NOW)
    return lease


async def test_receipts_raise_and_never_lower(store: Store) -> None:
    await sent(store)
    await store.receipt(receipt("delivered", "p2"), NOW + 6)
    assert await delivery_of(store) == Delivery(state="delivered", attempts=1, at=NOW + 5)
    for state in ("sent", "failed", "delivered"):
        await store.receipt(receipt(state), NOW + 7)
        assert (await delivery_of(store)).state == "delivered"
    await store.receipt(receipt("read", at=NOW + 8), NOW + 8)
    assert await delivery_of(store) == Delivery(state="read", attempts=1, at=NOW + 8)


async def test_a_failed_receipt_becomes_one_event(store: Store) -> None:
    lease = await sent(store)
    await store.receipt(receipt("failed", reason="not on WhatsApp"), NOW + 6)
    await store.receipt(receipt("failed", "p2", reason="again"), NOW + 7)
    await store.receipt(receipt("delivered"), NOW + 8)
    assert await delivery_of(store) == Delivery(state="failed", reason="not on WhatsApp", attempts=1, at=NOW + 5)
    told = await claim_one(store, NOW + 6)
    assert told.event == SendFailed(entry_id=lease.entry.id, reason="not on WhatsApp")
    await do(store, told, NOW + 9)
    assert await store.claim("w", NOW + 9, LEASE, 10) == []


async def test_ids_of_other_accounts_are_others(store: Store) -> None:
    await sent(store)
    other = receipt("read")
    await store.receipt(
        Receipt(channel="telegram", account="bot2", provider_id="p1", state="read", at=other.at), NOW + 5
    )
    assert (await delivery_of(store)).state == "sent"


async def test_a_receipt_before_its_settling_is_kept(store: Store) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    await store.receipt(receipt("delivered", at=NOW + 1), NOW + 1)
    await store.receipt(receipt("sent", at=NOW + 2), NOW + 2)
    await store.settle(lease, Sent(provider_ids=("p1",)), NOW + 3)
    assert await delivery_of(store) == Delivery(state="delivered", attempts=1, at=NOW + 1)


async def test_an_early_failure_is_told_when_its_entry_is_known(store: Store) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    await store.receipt(receipt("failed", reason="spam"), NOW + 1)
    await store.settle(lease, Sent(provider_ids=("p1",)), NOW + 3)
    assert (await delivery_of(store)).state == "failed"
    assert (await claim_one(store, NOW + 3)).event == SendFailed(entry_id=lease.entry.id, reason="spam")


async def test_an_early_receipt_is_kept_for_a_day(store: Store) -> None:
    await store.receipt(receipt("read"), NOW)
    await written(store, {}, now=NOW + DAY)
    lease = await claim_delivery(store, NOW + DAY)
    await store.settle(lease, Sent(provider_ids=("p1",)), NOW + DAY)
    assert (await delivery_of(store)).state == "sent"


async def test_a_receipt_settles_an_uncertain_entry(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    await store.settle(lease, Uncertain(reason="read timeout", retry_at=NOW + HOUR), NOW)
    await store.receipt(receipt("delivered", lease.entry.id), NOW + 5)
    assert await delivery_of(store, place=0) == Delivery(state="delivered", attempts=1, at=NOW + 5)
    assert text_of(await claim_delivery(store, NOW + 5)) == "part 1"


async def test_a_receipt_during_the_second_send_stops_a_third(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    await store.settle(lease, Uncertain(reason="read timeout", retry_at=NOW + 10), NOW)
    again = await claim_delivery(store, NOW + 10)
    await store.receipt(receipt("sent", lease.entry.id, at=NOW + 11), NOW + 11)
    await none_due(store, NOW + 11)
    assert await store.settle(again, RetryAt(at=NOW + 20, reason="down"), NOW + 12)
    assert (await delivery_of(store, place=0)).state == "sent"
    assert text_of(await claim_delivery(store, NOW + 12)) == "part 1"


async def test_a_receipt_finds_an_entry_by_the_ids_of_every_attempt(store: Store) -> None:
    await written(store, {})
    lease = await claim_delivery(store)
    await store.settle(lease, Uncertain(reason="read timeout", retry_at=NOW + 10), NOW)
    again = await claim_delivery(store, NOW + 10)
    await store.settle(again, Sent(provider_ids=("p9",)), NOW + 10)
    await store.receipt(receipt("delivered", lease.entry.id), NOW + 11)
    assert (await delivery_of(store)).state == "delivered"
    await store.receipt(receipt("read", "p9", at=NOW + 12), NOW + 12)
    assert (await delivery_of(store)).state == "read"


async def test_a_dropped_entry_stays_dropped(store: Store) -> None:
    await written(store, {"expires": NOW + HOUR})
    lease = await claim_delivery(store)
    await store.settle(lease, Uncertain(reason="read timeout", retry_at=NOW + DAY), NOW)
    await none_due(store, NOW + HOUR)
    await store.receipt(receipt("delivered", lease.entry.id), NOW + HOUR)
    assert (await delivery_of(store)).state == "dropped"


# -- outside calls --------------------------------------------------------------------------------------


async def called(store: Store) -> Call:
    await say(store, "e1")
    lease = await claim_one(store)
    call = Call(id=CallId(lease.conversation + "/c/1"), name="iban", args={"text": "DE00"}, timeout=NOW + MINUTE)
    await do(store, lease, calls=(call,))
    return call


async def test_a_call_is_leased_and_removed(store: Store) -> None:
    call = await called(store)
    (lease,) = await store.claim_calls("w", NOW, LEASE, 10)
    assert (lease.call, lease.attempts, lease.conversation) == (call, 1, conv())
    assert await store.claim_calls("w", NOW, LEASE, 10) == []
    assert await store.settle_call(lease, NOW)
    assert not await store.settle_call(lease, NOW)
    assert await store.claim_calls("w", NOW + DAY, LEASE, 10) == []


async def test_a_call_is_made_again_after_a_crash(store: Store) -> None:
    await called(store)
    (old,) = await store.claim_calls("w", NOW, LEASE, 10)
    (new,) = await store.claim_calls("w", NOW + LEASE, LEASE, 10)
    assert new.attempts == 2
    assert not await store.settle_call(old, NOW + LEASE)
    assert await store.extend(new, NOW + HOUR)
    assert not await store.extend(old, NOW + HOUR)
    assert await store.claim_calls("w", NOW + HOUR - 1, LEASE, 10) == []
    assert await store.release(new, NOW + DAY, NOW)
    assert not await store.release(new, NOW + DAY, NOW)
    (third,) = await store.claim_calls("w", NOW + DAY, LEASE, 10)
    assert third.attempts == 2


async def test_a_cancelled_call_is_gone(store: Store) -> None:
    call = await called(store)
    await store.cancel_call(conv(2), call.id, NOW)
    (lease,) = await store.claim_calls("w", NOW, LEASE, 10)
    await store.cancel_call(conv(), call.id, NOW)
    assert not await store.settle_call(lease, NOW)
    assert await store.claim_calls("w", NOW + DAY, LEASE, 10) == []


async def test_counsellor_entries_wait_behind_the_bots_own(store: Store) -> None:
    """One order for all kinds: what was written first goes out first."""
    await written(store, {}, {"kind": "counsellor"})
    lease = await claim_delivery(store)
    assert isinstance(lease.entry, Entry)
    assert text_of(lease) == "part 0"
