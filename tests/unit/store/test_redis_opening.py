"""Opening a store on Redis: what is refused, what is warned of, and that lost data never looks like a fresh start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import SettingsError, StoreMismatch, StoreUnavailable
from core.redis_url import redis_url
from store.redis import RedisStore
from store.redis_care import dangers
from store.redis_facts import Facts
from store.redis_open import open_redis
from store.redis_scripts import Scripts
from store.seal import KeyRing
from tests.contract.words import NOW, conv, turn
from tests.fakes.valkey import Valkey


async def closed(store: RedisStore) -> str:
    await store.close()
    assert store.store_id is not None
    return store.store_id


async def test_a_store_is_found_again_with_its_conversations(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    await turn(store, "e1", state=b"s1")
    assert await store.check() == []
    first = await closed(store)
    store = open_redis(server.url, ring)
    found = await store.snapshot(conv())
    assert found is not None
    assert found.state == b"s1"
    assert await closed(store) == first
    server.stop()


async def test_a_server_that_lost_its_data_is_refused_and_explained(tmp_path: Path) -> None:
    server, ring, memory = Valkey(tmp_path / "v").start(), KeyRing.generate(), tmp_path / "streetwork.store"
    first = await closed(open_redis(server.url, ring, memory=memory))
    assert oct(memory.stat().st_mode & 0o777) != "0o0"
    server.empty()
    with pytest.raises(StoreMismatch, match=f"streetwork.store says that it held the store {first}"):
        open_redis(server.url, ring, memory=memory)
    with pytest.raises(StoreMismatch, match="the address says"):
        open_redis(f"{server.url}?id={first}", ring)
    assert server.command("DBSIZE") == 0, "nothing was written"
    memory.unlink()
    assert await closed(open_redis(server.url, ring, memory=memory)) != first
    server.stop()


async def test_a_server_that_comes_back_empty_while_we_run_gets_nothing(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    await turn(store, "e1")
    server.empty()
    with pytest.raises(StoreMismatch, match="came back without the store's data"):
        await turn(store, "e2")
    with pytest.raises(StoreMismatch, match="came back without"):
        await store.check()
    assert server.command("DBSIZE") == 0
    await store.close()
    server.stop()


@pytest.mark.parametrize("number", [0, 1, 63])
async def test_a_lost_partition_is_a_loss(tmp_path: Path, number: int) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    await closed(open_redis(server.url, ring))
    server.command("DEL", f"{{sw:{number:02d}}}mark")
    with pytest.raises(StoreMismatch, match="lost"):
        open_redis(server.url, ring)
    server.stop()


async def test_a_start_that_broke_off_is_gone_on_with(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    first = await closed(open_redis(server.url, ring))
    for number in range(30, 64):
        server.command("DEL", f"{{sw:{number:02d}}}mark")
    server.command("HSET", "{sw:00}mark", "state", "making")
    store = open_redis(server.url, ring)
    assert await store.check() == []
    assert await closed(store) == first
    server.stop()


async def test_other_keys_and_newer_versions_are_refused(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    await closed(open_redis(server.url, ring))
    with pytest.raises(StoreMismatch, match="key is not the one"):
        open_redis(server.url, KeyRing.generate())
    other = KeyRing(masters=(b"x" * 32,), conversations=ring.conversations, records=ring.records)
    with pytest.raises(StoreMismatch, match="not in the key ring"):
        open_redis(server.url, other)
    newer = ring.with_new_master()
    store = open_redis(server.url, newer)
    assert any("older master key" in one for one in await store.check())
    await closed(store)
    with pytest.raises(StoreMismatch, match="not in the key ring"):
        open_redis(server.url, ring)
    server.command("HSET", "{sw:00}mark", "schema", "99")
    with pytest.raises(StoreMismatch, match="newer version"):
        open_redis(server.url, newer)
    server.stop()


async def test_two_stores_share_a_server_by_namespace(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    one, two = (open_redis(f"{server.url}?namespace={name}", ring) for name in ("one", "two"))
    await turn(one, "e1")
    assert await two.snapshot(conv()) is None
    assert (await two.stats(NOW)).conversations == 0
    assert await closed(one) != await closed(two)
    server.stop()


def test_a_server_that_throws_data_away_is_refused(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}).start()
    with pytest.raises(StoreMismatch, match="allkeys-lru"):
        open_redis(server.url, KeyRing.generate())
    assert server.command("DBSIZE") == 0
    server.stop()


def test_a_node_of_a_cluster_is_no_single_server(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"cluster-enabled": "yes"}).start()
    server.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    with pytest.raises(StoreMismatch, match=r"redis\+cluster://"):
        open_redis(server.url + "?patience=5", KeyRing.generate())
    server.stop()


def test_a_server_that_is_down_and_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        open_redis("redis://127.0.0.1:1?patience=0.1", KeyRing.generate())
    with pytest.raises(SettingsError, match="STREETWORK_STORE: there is too much"):
        open_redis("redis://127.0.0.1/0/more", KeyRing.generate())


async def test_a_server_without_a_file_is_warned_of_loudly_unless_that_is_accepted(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path, config={"appendonly": "no"}).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    [told] = await store.check()
    assert "appendfsync always" in told
    assert "restart loses conversations" in told
    await store.close()
    store = open_redis(server.url + "?volatile=1", ring)
    assert await store.check() == []
    await store.close()
    server.stop()


async def test_a_server_that_syncs_on_its_own_time_is_waited_for(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path, config={"appendfsync": "everysec"}).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    assert await store.check() == []
    before = server.command("INFO", "commandstats").get("cmdstat_waitaof", {"calls": 0})["calls"]
    assert before > 0
    await turn(store, "e1")
    assert server.command("INFO", "commandstats")["cmdstat_waitaof"]["calls"] > before
    await store.snapshot(conv())
    await store.close()
    server.stop()


async def test_a_server_that_hides_its_settings_is_waited_for(tmp_path: Path) -> None:
    server, ring = Valkey(tmp_path, config={"rename-command CONFIG": ""}).start(), KeyRing.generate()
    store = open_redis(server.url, ring)
    assert await store.check() == []
    await turn(store, "e1")
    assert server.command("INFO", "commandstats")["cmdstat_waitaof"]["calls"] > 0
    await store.close()
    server.stop()


def test_what_may_be_lost_on_an_old_server() -> None:
    old = Facts(
        version=(7, 0), product="Redis 7.0.15", append_only=True, fsync="everysec", policy="noeviction",
        max_memory=0, used_memory=0, replicas=0, cluster=False,
    )  # fmt: skip
    [told] = dangers("a:1", old, redis_url("redis://a:1"))
    assert "last second of messages" in told


async def test_a_user_with_the_rights_that_the_handbook_names_can_do_all(tmp_path: Path) -> None:
    [rules] = re.findall(r"A user of its own needs `([^`]+)`", Path("docs/operations.md").read_text(encoding="utf-8"))
    server, ring = Valkey(tmp_path).start(), KeyRing.generate()
    server.command("ACL", "SETUSER", "bot", "on", ">secret", *rules.split())
    store = open_redis(server.url.replace("://", "://bot:secret@"), ring)
    await turn(store, "e1")
    await store.forget(conv(), NOW)
    assert (await store.sweep(NOW, 100)).total == 0
    assert int(server.command("HGET", store.keys.of(conv()).meta, "asked")) == 1, "it may have the file rewritten"
    assert isinstance(store.scripts, Scripts)
    async with store.scripts.client.pubsub() as listening:
        await listening.subscribe(store.keys.hints)
        await store.scripts.client.publish(store.keys.hints, b"x")
    assert await store.check() == []
    await store.close()
    server.stop()
