"""Care of a store on Redis: destroyed keys leave the file, master keys rotate, and what hands broke is mended."""

from __future__ import annotations

from pathlib import Path

from core.ids import ConversationId, partition
from core.records import Label
from store.redis import RedisStore
from store.redis_aof import EVERY
from store.redis_mend import inspect
from store.redis_open import open_redis
from store.seal import KeyRing
from tests.contract.words import DAY, HOUR, NOW, claim_one, conv, do, entry, say, turn
from tests.fakes.valkey import Valkey, patience


def wrapped(server: Valkey, n: int) -> bytes:
    found: bytes = server.command("HGET", f"{{sw:{partition(conv(n)):02d}}}keys", conv(n))
    return found


def on_disk(folder: Path, what: bytes) -> bool:
    return any(what in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def rewritten(server: Valkey) -> int:
    """Wait until no rewrite runs and return how many there were."""
    for _ in patience("a finished rewrite"):
        told = server.command("INFO", "persistence")
        if not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"]:
            return int(told["aof_rewrites"])
    raise AssertionError


async def test_a_destroyed_key_leaves_the_file_and_not_too_often(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    store = open_redis(server.url, KeyRing.generate())
    await turn(store, "e1", 1)
    await turn(store, "e1", 2)
    one, two = wrapped(server, 1), wrapped(server, 2)
    await store.forget(conv(1), NOW)
    assert on_disk(tmp_path, one), "the file is written at the end only"
    await store.sweep(NOW, 100)
    assert rewritten(server) == 1
    assert not on_disk(tmp_path, one)
    assert on_disk(tmp_path, two)
    # It is known to be finished; nothing is asked for without need.
    await store.sweep(NOW + 1, 100)
    await store.sweep(NOW + EVERY, 100)
    assert rewritten(server) == 1
    await store.forget(conv(2), NOW)
    await store.sweep(NOW + EVERY, 100)
    assert rewritten(server) == 2
    assert not on_disk(tmp_path, two)
    await store.close()
    server.stop()


async def test_many_erasures_are_one_rewrite_in_ten_minutes(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    store = open_redis(server.url, KeyRing.generate())
    same = [n for n in range(400) if partition(conv(n)) == partition(conv(0))][:4]
    for n in same:
        await turn(store, "e1", n)
    key = wrapped(server, same[-1])
    for step, n in enumerate(same):
        await store.forget(conv(n), NOW)
        await store.sweep(NOW + step, 100)
        rewritten(server)
    assert rewritten(server) == 1
    assert on_disk(tmp_path, key)
    await store.sweep(NOW + EVERY, 100)
    assert rewritten(server) == 2
    assert not on_disk(tmp_path, key)
    await store.close()
    server.stop()


async def test_a_rewrite_that_a_crash_took_is_asked_for_again(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    store = open_redis(server.url, KeyRing.generate())
    await turn(store, "e1", 1)
    await store.forget(conv(1), NOW)
    meta = f"{{sw:{partition(conv(1)):02d}}}meta"
    server.command("HSET", meta, "asked", "1", "asked_at", NOW, "asked_run", "another run")
    await store.sweep(NOW + 1, 100)
    assert rewritten(server) == 0, "the other run may still be at it"
    await store.sweep(NOW + EVERY, 100)
    assert rewritten(server) == 1
    await store.close()
    server.stop()


async def test_a_new_master_key_takes_over_and_the_old_one_may_go(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    for n in range(5):
        await turn(store, "e1", n, state=b"s%d" % n)
    await store.close()
    newer = ring.with_new_master()
    store = open_redis(server.url, newer)
    await turn(store, "e1", 6)
    await store.sweep(NOW, 3)
    assert any("older master key" in one for one in await store.check())
    await store.sweep(NOW, 3)
    await store.sweep(NOW, 3)
    assert await store.check() == []
    await store.close()
    alone = KeyRing(masters=newer.masters[:1], conversations=ring.conversations, records=ring.records)
    store = open_redis(server.url, alone)
    for n in range(5):
        snapshot = await store.snapshot(conv(n))
        assert snapshot is not None
        assert snapshot.state == b"s%d" % n
    await store.close()
    server.stop()


async def filled(store: RedisStore) -> None:
    for n in range(4):
        await turn(store, "e1", n, expires=NOW + DAY, labels=(Label(name="waiting"),))
    await say(store, "e2", 1)
    lease = await claim_one(store)
    await do(store, lease, entries=(entry(lease),), expires=NOW + HOUR)
    await say(store, "e3", 1)
    await store.forget(conv(3), NOW)


async def test_what_is_whole_needs_no_mending(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    store = open_redis(server.url, KeyRing.generate())
    await filled(store)
    assert await inspect(store, NOW, mend=False) == []
    await store.close()
    server.stop()


async def test_what_hands_broke_is_found_and_mended(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    store = open_redis(server.url, KeyRing.generate())
    await filled(store)
    part = store.keys.of(conv(1))
    for index in (part.due, part.exp, part.ddue("telegram/bot1")):
        server.command("ZREM", index, conv(1))
    server.command("ZADD", part.due, NOW, "f" * 32)
    server.command("ZADD", part.label, 0, "waiting\x00" + "8" * 16 + "\x00" + "f" * 32)
    nobody = next(name for n in range(10_000) if partition(name := ConversationId(f"{n:032x}")) == part.number)
    server.command("HSET", part.keys, nobody, "1:x:y")
    found = await inspect(store, NOW, mend=False)
    assert len(found) == 5
    assert any("1 conversations wait for their turn" in one for one in found)
    assert any("2 entries of indexes" in one for one in found)
    assert all(one.endswith("(mended with --mend)") for one in found)
    assert len(await inspect(store, NOW, mend=True)) == 5
    assert await inspect(store, NOW, mend=False) == []
    lease = await claim_one(store)
    assert (lease.conversation, lease.event_id) == (conv(1), "e3")
    assert len(await store.claim_delivery("s", NOW, 1000, 10)) >= 1
    assert server.command("ZSCORE", part.exp, conv(1)) is not None
    await store.close()
    server.stop()
