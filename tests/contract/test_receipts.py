"""Receipts: what providers say later, on every backend."""

from __future__ import annotations

from core.events import SendFailed
from core.ports import Store
from core.records import Delivery, DeliveryLease, Receipt, RetryAt, Sent, Settlement, Uncertain
from tests.contract.words import (
    DAY,
    HOUR,
    LEASE,
    NOW,
    claim_delivery,
    claim_one,
    delivery_of,
    do,
    none_due,
    say,
    text_of,
    written,
)


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


# -- what is given back ----------------------------------------------------------------------------------


async def test_a_closed_window_told_later_holds_the_entry_until_the_person_writes(store: Store) -> None:
    await sent(store)
    await store.receipt(receipt("held", "p2", reason="window"), NOW + 5)
    delivery = await delivery_of(store)
    assert (delivery.state, delivery.reason, delivery.at) == ("held", "window", NOW + 5)
    # Whatever still comes about the send that came to nothing does not show it as sent.
    for one in ("sent", "delivered", "held"):
        await store.receipt(receipt(one, "p1"), NOW + 6)
    assert (await delivery_of(store)).state == "held"
    await none_due(store, NOW + 5 + 1_999)
    again = await claim_delivery(store, NOW + 5 + 2_000)
    assert (text_of(again), again.plain, again.maybe_sent) == ("part 0", False, False)
    await store.settle(again, Sent(provider_ids=("p3",)), NOW + HOUR)
    await store.receipt(receipt("held", "p3"), NOW + HOUR)
    await none_due(store, NOW + HOUR + DAY - 1)  # a second time it waits for long
    await say(store, "e9", now=NOW + HOUR + 1)
    last = await claim_delivery(store, NOW + HOUR + 1)
    await store.settle(last, Sent(provider_ids=("p4",)), NOW + HOUR + 1)
    await store.receipt(receipt("delivered", "p4"), NOW + HOUR + 2)
    assert (await delivery_of(store, place=0)).state == "delivered"


async def test_a_form_refused_later_is_sent_once_more_and_plain(store: Store) -> None:
    await sent(store)
    await store.receipt(receipt("again", reason="this content"), NOW + 5)
    assert (await delivery_of(store)).state == "pending"
    again = await claim_delivery(store, NOW + 5)
    assert (again.plain, again.attempts) == (True, 2)
    await store.settle(again, Sent(provider_ids=("p3",)), NOW + 5)
    await store.receipt(receipt("again", "p3", reason="this content"), NOW + 6)
    assert (await delivery_of(store)).state == "failed"
    await none_due(store, NOW + DAY)
    event = (await claim_one(store, NOW + 6)).event
    assert isinstance(event, SendFailed)
    assert event.reason == "this content"


async def test_what_was_delivered_is_not_given_back(store: Store) -> None:
    await sent(store)
    await store.receipt(receipt("delivered"), NOW + 5)
    for one in ("held", "again"):
        await store.receipt(receipt(one), NOW + 6)
    assert (await delivery_of(store)).state == "delivered"
    await none_due(store, NOW + DAY)


async def test_an_early_giving_back_is_kept_for_its_entry(store: Store) -> None:
    await written(store, {}, {})
    lease = await claim_delivery(store)
    await store.receipt(receipt("sent"), NOW)
    await store.receipt(receipt("held", reason="window"), NOW)
    await store.settle(lease, Sent(provider_ids=("p1",)), NOW + 1)
    assert (await delivery_of(store, place=0)).state == "held"
    await none_due(store, NOW + 2)  # and what is behind it waits


async def test_what_is_given_back_obeys_the_microphone(store: Store) -> None:
    await sent(store)
    await say(store, "e9", now=NOW + 1)
    await do(store, await claim_one(store, NOW + 1), NOW + 1, epoch=1)
    await store.receipt(receipt("again"), NOW + 5)
    await none_due(store, NOW + DAY)
    assert (await delivery_of(store, place=0)).state == "dropped"


async def test_what_is_held_too_late_is_dropped_at_the_next_look(store: Store) -> None:
    """Given back after it expired, or after the microphone moved on: nobody waits for the pause of what is held."""
    await written(store, {"expires": NOW + 3})
    await store.settle(await claim_delivery(store), Sent(provider_ids=("p1",)), NOW)
    await store.receipt(receipt("held"), NOW + 5)
    await none_due(store, NOW + 6)
    assert (await delivery_of(store, place=0)).state == "dropped"


async def test_what_is_held_for_an_older_epoch_is_dropped_at_the_next_look(store: Store) -> None:
    await sent(store)
    await say(store, "e9", now=NOW + 1)
    await do(store, await claim_one(store, NOW + 1), NOW + 1, epoch=1)
    await store.receipt(receipt("held"), NOW + 5)
    await none_due(store, NOW + 6)
    assert (await delivery_of(store, place=0)).state == "dropped"
