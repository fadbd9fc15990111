"""Outside calls: the third lane, on every backend."""

from __future__ import annotations

from core.ids import CallId
from core.ports import Store
from core.records import Call
from tests.contract.words import DAY, HOUR, LEASE, MINUTE, NOW, claim_one, conv, do, say


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
