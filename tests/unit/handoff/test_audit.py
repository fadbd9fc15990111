"""The audit log: a chain that shows what was changed, taken out or cut off, and that stays quick when it is long."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.audit import KEEP, KIND, Audit, newest, verify
from store.memory import MemoryStore


class Counting(MemoryStore):
    """Counts what is asked of it."""

    asked = 0

    async def get(self, *args, **more):
        self.asked += 1
        return await super().get(*args, **more)

    async def put(self, *args, **more):
        self.asked += 1
        return await super().put(*args, **more)

    async def scan(self, *args, **more):
        self.asked += 1
        return await super().scan(*args, **more)


class Slow(MemoryStore):
    """Lets others run before each operation, as a store with a disk does."""

    async def get(self, *args, **more):
        await asyncio.sleep(0)
        return await super().get(*args, **more)

    async def put(self, *args, **more):
        await asyncio.sleep(0)
        return await super().put(*args, **more)


async def filled(n: int) -> MemoryStore:
    store = MemoryStore()
    audit = Audit(store)
    for at in range(n):
        await audit.write(at, actor="a1", verb="read", result="ok", case=f"K-{at}")
    return store


async def test_entries_come_back_newest_first_in_bounded_pages():
    store = await filled(25)
    first = await newest(store, 100, 10)
    assert [entry.n for entry in first] == list(range(25, 15, -1))
    assert first[0].case == "K-24"
    second = await newest(store, 100, 10, before=first[-1].n)
    assert [entry.n for entry in second] == list(range(15, 5, -1))
    assert [entry.n for entry in await newest(store, 100, 10, before=second[-1].n)] == [5, 4, 3, 2, 1]
    assert await newest(store, 100, 10, before=1) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.data())
def test_every_change_of_the_chain_is_found(n, data):
    async def run() -> None:
        store = await filled(n)
        assert await verify(store, 100) == []
        k = data.draw(st.integers(1, n))
        key, how = f"{k:016d}", data.draw(st.sampled_from(["change", "remove", "cut", "swap"]))
        record = await store.get(KIND, key, 100)
        assert record is not None
        match how:
            case "change":
                value = record.value.replace(b'"verb":"read"', b'"verb":"note"')
                assert value != record.value
                await store.put(KIND, key, value, 100)
            case "remove":
                await store.delete(KIND, key)
            case "cut":
                for one in range(k, n + 1):
                    await store.delete(KIND, f"{one:016d}")
            case "swap":
                last = await store.get(KIND, f"{n:016d}", 100)
                assert last is not None
                await store.put(KIND, key, last.value, 100)
                await store.put(KIND, f"{n:016d}", record.value, 100)
                if k == n:
                    return
            case other:
                raise AssertionError(other)
        (problem,) = await verify(store, 100)
        assert "audit log" in problem

    asyncio.run(run())


async def test_two_processes_append_to_one_chain():
    store = Slow()
    one, other = Audit(store), Audit(store)
    await asyncio.gather(
        *(audit.write(n, actor="a1", verb="read", result="ok") for n in range(30) for audit in (one, other))
    )
    assert [entry.n for entry in await newest(store, 100, 100)] == list(range(60, 0, -1))
    assert await verify(store, 100) == []


async def test_a_crash_between_entry_and_place_breaks_nothing():
    store = await filled(3)
    head = await store.get("audit-place", "head", 100)
    assert head is not None
    await Audit(store).write(4, actor="a1", verb="read", result="ok")
    await store.put("audit-place", "head", head.value, 100)  # as if the process had ended before it wrote this
    assert await verify(store, 100) == []
    assert [entry.n for entry in await newest(store, 100, 10)] == [4, 3, 2, 1]
    await Audit(store).write(5, actor="a1", verb="read", result="ok")
    assert [entry.n for entry in await newest(store, 100, 10)] == [5, 4, 3, 2, 1]
    assert await verify(store, 100) == []


async def test_old_entries_go_and_leave_the_last_hash_of_their_chain():
    store = await filled(100)
    audit = Audit(store)
    for n in range(64):
        await audit.write(KEEP + 50 + n, actor="a1", verb="read", result="ok")
    left = await newest(store, KEEP, 1000)
    assert left[-1].n == 79  # entry n was written at n - 1; the look came with entry 128, at KEEP + 77
    assert await verify(store, KEEP) == []
    await store.delete(KIND, f"{left[-1].n:016d}")
    assert await verify(store, KEEP) == ["Entry 79 of the audit log is missing."]


async def test_appending_costs_the_same_however_long_the_log_is():
    store = Counting()
    audit = Audit(store)
    costs = []
    for n in range(300):
        before = store.asked
        await audit.write(n, actor="a1", verb="read", result="ok")
        if (n + 1) % 64:
            costs.append(store.asked - before)
    assert len(set(costs[1:])) == 1


@pytest.mark.parametrize("nasty", ["<script>", "Anna Müller", "=1+1", "\u202egnirts", "x" * 10_000, ""])
async def test_only_ids_and_codes_get_in(nasty):
    store = MemoryStore()
    await Audit(store).write(1, actor=nasty, verb="read", result="ok", case=nasty, about=nasty)
    (entry,) = await newest(store, 1, 10)
    assert entry.actor == entry.case == entry.about == ""
