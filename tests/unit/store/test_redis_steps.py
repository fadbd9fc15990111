"""What takes several steps on Redis may end after any of them, and be repeated.

Each story is cut at every step, once before the step and once after it (done, its answer lost), and then told again
from its beginning, as a provider, a worker or an operator would. The end must be the one of an undisturbed story.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from core.errors import StoreUnavailable
from core.ids import partition
from core.records import Accepted, Commit, Committed, Duplicate, LeaseLost, Receipt, Sent
from store.redis import RedisStore
from tests.contract.conftest import open_redis_store
from tests.contract.words import (
    NOW,
    arrival,
    claim_delivery,
    claim_one,
    conv,
    delivery_of,
    do,
    entry,
    say,
    turn,
    written,
)
from tests.fakes.valkey import single

NUMBER, ID = 1, 2
#: More steps than any story has.
MOST = 60


class Cutting:
    """Runs scripts up to one of them; from there on there is no server, until it is mended."""

    def __init__(self, inner: Any, at: int, *, done: bool) -> None:
        self.inner = inner
        self.at = at
        self.done = done
        self.count = 0
        self.cut = False

    async def run(self, name: str, keys: Sequence[str], args: Sequence[bytes | str | int]) -> Any:
        self.count += 1
        if self.cut or self.count == self.at:
            if not self.cut and self.done:
                await self.inner.run(name, keys, args)
            self.cut = True
            raise StoreUnavailable("cut")
        return await self.inner.run(name, keys, args)

    async def close(self) -> None:
        await self.inner.close()


@pytest.fixture
async def stores() -> AsyncIterator[Callable[[], RedisStore]]:
    opened: list[RedisStore] = []

    def another() -> RedisStore:
        opened.append(open_redis_store(single().url))
        return opened[-1]

    yield another
    for store in opened:
        await store.close()


async def cut_everywhere(
    stores: Callable[[], RedisStore],
    before: Callable[[RedisStore], Awaitable[Any]],
    story: Callable[[RedisStore, Any], Awaitable[None]],
    after: Callable[[RedisStore, Any], Awaitable[None]],
) -> None:
    """Tell ``story`` cut at each of its steps, then whole; ``after`` sees that all is well."""
    cuts, whole = 0, False
    for at in range(1, MOST):
        for done in (False, True):
            store = stores()
            known = await before(store)
            scripts = store.scripts
            cutting = store.scripts = Cutting(scripts, at, done=done)
            try:
                await story(store, known)
            except StoreUnavailable:
                cuts += 1
            store.scripts = scripts
            if cutting.cut:
                await story(store, known)
            await after(store, known)
            whole = not cutting.cut
        if whole:
            break
    assert whole
    assert cuts > 2
    assert partition(conv(NUMBER)) != partition(conv(ID))  # or no step is what it seems


async def two(store: RedisStore) -> None:
    """Let one person write under two names before anybody knows that."""
    await turn(store, "e1", NUMBER, entries=())
    await turn(store, "e2", ID, entries=())


async def both_names(store: RedisStore, event_id: str = "e3") -> Accepted | Duplicate:
    (found,) = await store.ingest([arrival(event_id, ID, aliases=(conv(NUMBER),))], NOW)
    return found


async def test_names_are_learned_and_the_event_is_kept_once(stores: Callable[[], RedisStore]) -> None:
    async def story(store: RedisStore, _: None) -> None:
        await both_names(store)

    async def after(store: RedisStore, _: None) -> None:
        assert await both_names(store) == Duplicate(event_id="e3")
        assert await store.resolve(conv(NUMBER)) == conv(ID)
        lease = await claim_one(store)
        assert (lease.conversation, lease.event_id) == (conv(ID), "e3")
        await do(store, lease)
        assert await store.claim("w", NOW, 1, 10) == []
        assert await store.forget(conv(NUMBER), NOW)
        assert (await store.stats(NOW)).conversations == 0

    await cut_everywhere(stores, two, story, after)


async def test_an_event_that_a_name_leads_elsewhere_is_kept_once(stores: Callable[[], RedisStore]) -> None:
    async def before(store: RedisStore) -> None:
        await two(store)
        await both_names(store)
        await do(store, await claim_one(store))

    async def story(store: RedisStore, _: None) -> None:
        await say(store, "e4", NUMBER)

    async def after(store: RedisStore, _: None) -> None:
        assert await say(store, "e4", NUMBER) == Duplicate(event_id="e4")
        lease = await claim_one(store)
        assert (lease.conversation, lease.event_id) == (conv(ID), "e4")
        assert (await store.stats(NOW)).due_turns == 0

    await cut_everywhere(stores, before, story, after)


async def test_a_new_person_with_two_names_is_whole_with_the_next_message(stores: Callable[[], RedisStore]) -> None:
    async def before(store: RedisStore) -> None:
        """Nothing is there."""

    async def story(store: RedisStore, _: None) -> None:
        await both_names(store)

    async def after(store: RedisStore, _: None) -> None:
        assert await both_names(store) == Duplicate(event_id="e3")
        # The one window: cut between the event and its names, they are learned from the next message.
        await both_names(store, "e4")
        assert await store.resolve(conv(NUMBER)) == conv(ID)
        found = await store.snapshot(conv(ID))
        assert found is not None
        assert found.waiting_events == 2

    await cut_everywhere(stores, before, story, after)


async def test_forgetting_forgets_all_of_a_person(stores: Callable[[], RedisStore]) -> None:
    async def before(store: RedisStore) -> None:
        await two(store)
        await both_names(store)

    async def story(store: RedisStore, _: None) -> None:
        await store.forget(conv(ID), NOW)

    async def after(store: RedisStore, _: None) -> None:
        assert (await store.stats(NOW)).conversations == 0
        assert await store.resolve(conv(NUMBER)) == conv(NUMBER)
        assert await say(store, "e9", NUMBER) == Accepted(event_id="e9")
        assert (await claim_one(store)).conversation == conv(NUMBER)

    await cut_everywhere(stores, before, story, after)


async def test_a_wish_to_be_erased_is_done_wholly_once(stores: Callable[[], RedisStore]) -> None:
    async def before(store: RedisStore) -> Any:
        await two(store)
        await both_names(store)
        return await claim_one(store)

    async def story(store: RedisStore, lease: Any) -> None:
        done = await store.commit(
            lease, Commit(state=b"", epoch=0, erase=True, entries=(entry(lease, kind="notice"),)), NOW
        )
        assert isinstance(done, Committed | LeaseLost)

    async def after(store: RedisStore, lease: Any) -> None:
        assert (await store.stats(NOW)).conversations == 1
        assert await store.snapshot(conv(NUMBER)) is None
        lines = await store.transcript(conv(ID), 0, 10)
        assert [line.entry.id for line in lines] == [entry(lease).id]
        await store.settle(await claim_delivery(store), Sent(), NOW)
        assert (await store.stats(NOW)).conversations == 0

    await cut_everywhere(stores, before, story, after)


async def test_a_settlement_is_written_once_and_its_receipt_finds_it(stores: Callable[[], RedisStore]) -> None:
    async def before(store: RedisStore) -> Any:
        await written(store, {})
        return await claim_delivery(store)

    async def story(store: RedisStore, lease: Any) -> None:
        assert await store.settle(lease, Sent(provider_ids=("p1",)), NOW)

    async def after(store: RedisStore, lease: Any) -> None:
        await store.receipt(Receipt(channel="telegram", account="bot1", provider_id="p1", state="read", at=NOW), NOW)
        found = await delivery_of(store)
        assert (found.state, found.attempts) == ("read", 1)

    await cut_everywhere(stores, before, story, after)


class Between(Cutting):
    """Lets something happen just before a script."""

    def __init__(self, inner: Any, name: str, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__(inner, 0, done=False)
        self.name = name
        self.happens = happens

    async def run(self, name: str, keys: Sequence[str], args: Sequence[bytes | str | int]) -> Any:
        if name == self.name:
            self.name = ""
            await self.happens()
        return await self.inner.run(name, keys, args)


@pytest.mark.parametrize("state", ["read", "failed"])
async def test_a_receipt_between_registering_and_settling_waits_for_its_entry(
    stores: Callable[[], RedisStore], state: Any
) -> None:
    store = stores()
    await written(store, {})
    lease = await claim_delivery(store)

    async def receipt() -> None:
        await store.receipt(Receipt(channel="telegram", account="bot1", provider_id="p1", state=state, at=NOW), NOW)

    store.scripts = Between(store.scripts, "settle", receipt)
    assert await store.settle(lease, Sent(provider_ids=("p1",)), NOW)
    assert (await delivery_of(store)).state == state
    assert len(await store.claim("w", NOW, 1, 10)) == (state == "failed")


async def test_who_begins_while_their_name_is_learned_belongs_to_the_same_person(
    stores: Callable[[], RedisStore],
) -> None:
    store = stores()

    async def begins() -> None:
        await say(store, "e1", NUMBER)

    store.scripts = Between(store.scripts, "lead", begins)
    await both_names(store)
    assert await store.resolve(conv(NUMBER)) == conv(ID)
    assert (await store.stats(NOW)).conversations == 2
    assert await store.forget(conv(ID), NOW)
    assert (await store.stats(NOW)).conversations == 0
