"""Carrying a store over: there and back again nothing has changed, whatever was in it."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.blobs import CHUNK, blob_key, keep, no_file
from core.errors import StoreError, StoreMismatch
from core.ids import CallId
from core.ports import Store
from core.records import Call, DeadLetter, Label, Outcome, Receipt, RetryAt, Sent, Timer, Uncertain
from core.redis_url import redis_url
from store.redis import RedisStore
from store.redis_scripts import Scripts
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from store.transfer import End, Loose, Whole
from store.transfer_run import carry_over, end_of
from tests.contract.random_work import random_commit, random_settlement
from tests.contract.words import DAY, HOUR, NOW, arrival, claim_one, conv, do, entry, say, turn
from tests.fakes.valkey import single


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.generate()


def redis_store(ring: KeyRing) -> RedisStore:
    at = redis_url(f"{single().url}?namespace=t{secrets.token_hex(6)}")
    scripts = Scripts(at)
    return RedisStore(scripts, ring, at.namespace, scripts.client)


async def everything(end: End) -> tuple[list[Whole | None], dict[object, object]]:
    """Return all that a store holds, in order."""
    found: dict[object, object] = {}
    async for one in end.loose():
        found |= {("record", part.kind, part.key): part for part in one.records}
        found |= {("counter", part.kind, part.key): part for part in one.counters}
        found |= {("stray", part.key): part for part in one.strays}
        found |= {("count", day, name): n for day, name, n in one.counts}
        found |= {("seen", key): at for key, at, _ in one.seen}
    return [await end.export(one) for one in await end.conversations()], found


async def parts(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def filled(store: Store) -> None:
    """Put some of everything into a store."""
    assert isinstance(store, SqliteStore | RedisStore)
    for n in range(6):
        await turn(store, "e1", n, state=b"s%d" % n, epoch=n, expires=NOW + n * DAY if n else None)
    # labels, timers, calls, outcomes, notes, a waiting event
    await say(store, "e2", 1)
    lease = await claim_one(store)
    call = Call(id=CallId(f"{conv(1)}/{NOW}/9/1"), name="hook", args={"a": "b"}, timeout=100)
    await do(
        store, lease, labels=(Label(name="waiting", rank=-3), Label(name="queue:ar")), epoch=9,
        set_timers=(Timer(name="a", at=NOW + HOUR, data="x"), Timer(name="b", at=NOW + 5)), calls=(call,),
        outcome=Outcome(ok=True, code="done"), counts=("turns", "words"),
        entries=(entry(lease, 0), entry(lease, 1, kind="crisis"), entry(lease, 2, kind="counsellor")),
    )  # fmt: skip
    await store.claim_calls("w", NOW, 1000, 10)
    # deliveries in several states
    for n, sending in enumerate(await store.claim_delivery("sender", NOW, 1000, 4)):
        how = (Sent(provider_ids=("p1", f"p{n}")), Uncertain(reason="?"), RetryAt(at=NOW + 99, reason="later"))[n % 3]
        if n < 3:
            await store.settle(sending, how, NOW)
    await store.receipt(Receipt(channel="telegram", account="bot1", provider_id="p1", state="delivered", at=NOW), NOW)
    await store.receipt(
        Receipt(channel="telegram", account="bot1", provider_id="nobody", state="failed", at=NOW, reason="who?"), NOW
    )
    # a dead letter, an erased person with a rest, a forgotten one
    await say(store, "bad", 4)
    lease = await claim_one(store)
    await do(store, lease, dead=DeadLetter(reason="KeyError"))
    await say(store, "erase", 5)
    lease = await claim_one(store)
    await do(store, lease, erase=True, entries=(entry(lease, kind="notice"),))
    await turn(store, "e1", 7)
    await store.forget(conv(7), NOW)
    # files
    snapshot = await store.snapshot(conv(1))
    assert snapshot is not None
    for name, size in (("1/0", 10), ("1/1", 2 * CHUNK + 7)):
        key = blob_key(conv(1), snapshot.generation, name)
        await keep(store.blobs, key, parts(bytes(size)), most=1 << 21, now=NOW, expires=NOW + DAY, name="a.bin")
    await no_file(store.blobs, blob_key(conv(1), snapshot.generation, "1/2"), "gone", now=NOW, expires=NOW + DAY)
    # records
    await store.put("account", "mariam", b"\x00secret", NOW)
    await store.put("account", "mariam", b"\xffsecret", NOW, expires=NOW + DAY)
    await store.put("draft", "дж\x1f1", b"", NOW)
    await store.increment("flood", "somebody", NOW, expires=NOW + HOUR)
    # a worker that died with an event
    await say(store, "e3", 1)
    await claim_one(store)


STORES = ("sqlite", "redis", "sqlite")
BOTH = [("sqlite", "redis"), ("redis", "sqlite"), ("redis", "redis"), ("sqlite", "sqlite")]


def made(kind: str, ring: KeyRing, folder: Path, name: str) -> SqliteStore | RedisStore:
    return redis_store(ring) if kind == "redis" else open_sqlite(folder / f"{name}.db", ring)


async def story(store: Store, seed: int) -> None:
    """Do what random people, turns and senders do for a while."""
    rng, now = random.Random(seed), NOW
    for step in range(60):
        now += rng.choice((0, 1, 500, HOUR))
        match rng.randrange(5):
            case 0 | 1:
                n = rng.randrange(5)
                aliases = (conv(n + 10),) if rng.random() < 0.3 else ()
                await store.ingest([arrival(f"e{step}", rng.choice((n, n + 10)), aliases=aliases, at=now)], now)
            case 2 | 3:
                for lease in await store.claim("w", now, 1_000, rng.randrange(3)):
                    if rng.random() < 0.8:
                        await store.commit(lease, random_commit(rng, lease, now), now)
            case _:
                for sending in await store.claim_delivery("s", now, 1_000, 2):
                    if rng.random() < 0.8:
                        await store.settle(sending, random_settlement(rng, (f"p{step}",), now), now)
    await store.sweep(now, 100)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_random_stories_are_carried_over_and_back(seed: int, tmp_path: Path) -> None:
    ring, folder = KeyRing.generate(), tmp_path / secrets.token_hex(4)
    folder.mkdir()
    first, second, third = (made(kind, ring, folder, kind[:3] + str(n)) for n, kind in enumerate(STORES))
    await story(first, seed)
    await carry_over(end_of(first), end_of(second))
    await carry_over(end_of(second), end_of(third))
    assert await everything(end_of(second)) == await everything(end_of(first))
    assert await everything(end_of(third)) == await everything(end_of(first))
    for n in (*range(5), *range(10, 15)):
        assert await second.resolve(conv(n)) == await first.resolve(conv(n))
    for store in (first, second, third):
        await store.close()


@pytest.mark.parametrize(("one", "two"), BOTH)
async def test_there_and_back_nothing_has_changed(one: str, two: str, ring: KeyRing, tmp_path: Path) -> None:
    first, second, third = (
        made(one, ring, tmp_path, "a"),
        made(two, ring, tmp_path, "b"),
        made(one, ring, tmp_path, "c"),
    )
    await filled(first)
    told: list[tuple[int, int]] = []
    copied = await carry_over(end_of(first), end_of(second), lambda done, of: told.append((done, of)))
    assert (copied.conversations, copied.before, told[-1]) == (6, 0, (6, 6))
    await carry_over(end_of(second), end_of(third))
    assert await everything(end_of(third)) == await everything(end_of(first))
    assert await third.stats(NOW) == await first.stats(NOW)
    for store in (second, third):
        assert [one for one in await store.check() if "master" not in one] == []
        assert await store.counts("2000-01-01") == await first.counts("2000-01-01")
    # Whoever came before is known, also where the person is gone.
    known = [arrival("e1", n) for n in (0, 1, 2, 3, 4, 5, 7)]
    again = await second.ingest([*known, arrival("e3", 1)], NOW)
    assert {type(answer).__name__ for answer in again} == {"Duplicate"}
    # Life goes on: the same event, the same deliveries, the same calls.
    lease = await claim_one(second, now=NOW + HOUR)
    assert (lease.event_id, lease.attempts) == ("e3", 2)
    await do(second, lease)
    for store in (first, second, third):
        await store.close()


async def test_a_broken_off_copy_is_gone_on_with(ring: KeyRing, tmp_path: Path) -> None:
    first, second = made("sqlite", ring, tmp_path, "a"), made("redis", ring, tmp_path, "b")
    await filled(first)
    source, target = end_of(first), end_of(second)
    for one in (await source.conversations())[:3]:
        whole = await source.export(one)
        assert whole is not None
        await target.load(whole, source)
    # One of them changed since.
    await say(first, "late", 0)
    copied = await carry_over(source, target)
    assert copied.conversations == 6
    assert copied.before in (2, 3)
    assert await everything(end_of(second)) == await everything(source)
    await first.close()
    await second.close()


async def test_a_target_with_other_people_is_left_alone(ring: KeyRing, tmp_path: Path) -> None:
    first, second = made("sqlite", ring, tmp_path, "a"), made("redis", ring, tmp_path, "b")
    await filled(first)
    await turn(second, "e1", 50)
    before = await everything(end_of(second))
    with pytest.raises(StoreMismatch, match="holds 1 conversations"):
        await carry_over(end_of(first), end_of(second))
    assert await everything(end_of(second)) == before
    await first.close()
    await second.close()


class Careless:
    """An end that loses a line of every transcript."""

    def __init__(self, end: End) -> None:
        self._end = end

    def __getattr__(self, name: str) -> object:
        return getattr(self._end, name)

    async def load(self, whole: Whole, source: End) -> None:
        from msgspec.structs import replace

        await self._end.load(replace(whole, rows=whole.rows[:-1]), source)


async def test_what_does_not_come_out_as_it_went_in_is_told(ring: KeyRing, tmp_path: Path) -> None:
    first, second = made("sqlite", ring, tmp_path, "a"), made("sqlite", ring, tmp_path, "b")
    await filled(first)
    with pytest.raises(StoreError, match="does not read as it was written"):
        await carry_over(end_of(first), Careless(end_of(second)))  # type: ignore[arg-type]
    await first.close()
    await second.close()


async def test_portions_are_not_lost_at_their_borders(
    ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.transfer_sqlite_out._PAGE", 3)
    monkeypatch.setattr("store.transfer_redis._PAGE", 3)
    first, second = made("sqlite", ring, tmp_path, "a"), made("redis", ring, tmp_path, "b")
    rng = random.Random(7)
    for n in range(40):
        await first.put(rng.choice("abc"), f"k{n}", b"v", NOW)
        await first.increment("c", f"k{n}", NOW, expires=NOW + DAY)
        await say(first, f"e{n}", rng.randrange(3))
    for lease in await first.claim("w", NOW, 1000, 10):
        await do(first, lease)
    await carry_over(end_of(first), end_of(second))
    third = made("sqlite", ring, tmp_path, "c")
    await carry_over(end_of(second), end_of(third))
    assert await everything(end_of(third)) == await everything(end_of(first))
    assert isinstance(await anext(aiter(end_of(first).loose())), Loose)
    for store in (first, second, third):
        await store.close()
