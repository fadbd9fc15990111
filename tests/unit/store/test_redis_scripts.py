"""Running scripts on one real server: together, once, and with a clear word for everything that a server may refuse."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.errors import StoreCorrupt, StoreError, StoreMismatch, StoreUnavailable
from tests.fakes.tcp_proxy import TcpProxy
from tests.fakes.valkey import Valkey, needed, patience, single
from tests.unit.store.redis_words import opened


async def test_scripts_get_their_keys_and_arguments() -> None:
    async with opened(single().url) as scripts:
        assert await scripts.run("put_safe", ["{t:1}a"], [b"\x00\xff"]) == b"OK"
        assert await scripts.run("get", ["{t:1}a"]) == b"\x00\xff"
        assert await scripts.run("get", [b"{t:1}none"]) is None
        assert await scripts.each("add", [(["{t:1}n"], [one]) for one in (1, 2, 3)]) == [1, 3, 6]


async def test_what_is_asked_at_once_goes_out_together() -> None:
    server = single()
    async with opened(server.url) as scripts:
        await scripts.run("add", ["{t:2}n"], [1])
        before = int(server.command("INFO", "stats")["total_reads_processed"])
        await scripts.each("add", [(["{t:2}n"], [1])] * 500)
        reads = int(server.command("INFO", "stats")["total_reads_processed"]) - before
    assert reads < 40
    assert server.command("GET", "{t:2}n") == b"501"


async def test_an_error_is_that_of_its_own_caller() -> None:
    async with opened(single().url) as scripts:
        found = await asyncio.gather(
            scripts.run("add", ["{t:3}n"], [1]),
            scripts.run("corrupt", ["{t:3}n"]),
            scripts.run("broken", ["{t:3}n"]),
            scripts.run("add", ["{t:3}n"], [1]),
            return_exceptions=True,
        )
    assert found[0] == 1
    assert found[3] == 2
    assert isinstance(found[1], StoreCorrupt)
    assert str(found[1]) == "conversation 1 has no head: forget it"
    assert type(found[2]) is StoreError
    assert "the script broken failed" in str(found[2])


async def test_a_server_that_forgot_the_scripts_gets_them_again() -> None:
    server = single()
    async with opened(server.url) as scripts:
        await scripts.run("add", ["{t:4}n"], [1])
        server.command("SCRIPT", "FLUSH")
        assert await scripts.each("add", [(["{t:4}n"], [1])] * 3) == [2, 3, 4]


async def test_a_restarted_server_is_found_again(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    async with opened(server.url) as scripts:
        assert await scripts.run("add", ["{t:5}n"], [1]) == 1
        server.restart()
        assert await scripts.run("add", ["{t:5}n"], [1]) == 2
        server.kill()
        waiting = asyncio.create_task(scripts.run("add", ["{t:5}n"], [1]))
        await asyncio.sleep(0)
        server.start()
        assert await waiting == 3
    server.stop()


async def test_a_server_that_is_down_is_told_and_work_goes_on_when_it_is_back(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    async with opened(server.url + "?patience=0.1") as scripts:
        await scripts.run("add", ["{t:6}n"], [1])
        server.stop()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await scripts.run("add", ["{t:6}n"], [1])
        server.restart()
        assert await scripts.run("add", ["{t:6}n"], [1]) == 2
    server.stop()


@pytest.mark.parametrize(("script", "repeated"), [("add", False), ("put_safe", True), ("get", True)])
async def test_a_lost_answer_is_repeated_only_where_that_is_right(script: str, repeated: bool) -> None:
    server = single()
    server.command("DEL", "{t:7}n")
    async with TcpProxy(server.port) as proxy, opened(f"redis://127.0.0.1:{proxy.port}") as scripts:
        await scripts.run(script, ["{t:7}n"], [1])
        proxy.lose = 1
        if repeated:
            await scripts.run(script, ["{t:7}n"], [1])
        else:
            with pytest.raises(StoreUnavailable, match="may have written"):
                await scripts.run(script, ["{t:7}n"], [1])
            # The library's own clients would have sent it once more.
            assert server.command("GET", "{t:7}n") == b"2"


async def test_a_slow_server_is_given_up(tmp_path: Path) -> None:
    async with TcpProxy(single().port) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}?timeout=0.2&patience=0.1"
        async with opened(url) as scripts:
            await scripts.run("add", ["{t:8}n"], [1])
            proxy.answering.clear()
            with pytest.raises(StoreUnavailable):
                await scripts.run("add", ["{t:8}n"], [1])
            with pytest.raises(StoreUnavailable):
                await scripts.run("get", ["{t:8}n"])
            proxy.answering.set()
            assert await scripts.run("get", ["{t:8}n"]) is not None


async def test_a_cancelled_caller_takes_nobody_along() -> None:
    async with TcpProxy(single().port) as proxy, opened(f"redis://127.0.0.1:{proxy.port}") as scripts:
        await scripts.run("put_safe", ["{t:9}n"], [1])
        proxy.answering.clear()
        one, two = (asyncio.create_task(scripts.run("get", ["{t:9}n"])) for _ in range(2))
        while proxy.passed < 1:
            await asyncio.sleep(0.01)
        one.cancel()
        proxy.answering.set()
        assert await two == b"1"


async def test_a_replica_is_no_store(tmp_path: Path) -> None:
    needed()
    first = Valkey(tmp_path / "a").start()
    second = Valkey(tmp_path / "b", config={"replicaof": f"127.0.0.1 {first.port}"}).start()
    async with opened(second.url + "?patience=0.1") as scripts:
        with pytest.raises(StoreUnavailable, match="replica"):
            await scripts.run("add", ["{t:1}n"], [1])
    async with opened(first.url + "?patience=0.1") as scripts:
        await scripts.run("add", ["{t:1}n"], [1])
        first.command("REPLICAOF", "127.0.0.1", second.port)
        with pytest.raises(StoreUnavailable, match="replica"):
            await scripts.run("add", ["{t:1}n"], [1])
        first.command("REPLICAOF", "NO", "ONE")
        assert await scripts.run("add", ["{t:1}n"], [1]) >= 1
    first.stop()
    second.stop()


async def test_a_full_server_says_what_to_do(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"maxmemory": "6mb", "maxmemory-policy": "noeviction"}).start()
    async with opened(server.url) as scripts:
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            await asyncio.gather(*(scripts.run("big", ["{t:1}" + str(n)], [1 << 20]) for n in range(12)))
        assert await scripts.run("get", ["{t:1}0"]) is not None
        server.command("CONFIG", "SET", "maxmemory", "60mb")
        assert await scripts.run("add", ["{t:1}n"], [1]) == 1
    server.stop()


async def test_a_server_that_cannot_save_takes_no_writes_and_says_so(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"dbfilename": "in-the-way.rdb"}).start()
    (server.home / "in-the-way.rdb").mkdir()  # no snapshot can take its place
    async with opened(server.url + "?patience=0.1") as scripts:
        assert await scripts.run("add", ["{t:1}n"], [1]) == 1
        server.command("CONFIG", "SET", "save", "3600 1")
        server.command("BGSAVE")
        for _ in patience("a snapshot that failed"):
            if server.command("INFO", "persistence")["rdb_last_bgsave_status"] == "err":
                break
        with pytest.raises(StoreUnavailable, match="MISCONF"):
            await scripts.run("add", ["{t:1}n"], [1])
        assert await scripts.run("get", ["{t:1}n"]) == b"1"  # nothing was lost, and reading goes on
        server.command("CONFIG", "SET", "save", "")
        assert await scripts.run("add", ["{t:1}n"], [1]) == 2
    server.stop()


async def test_a_loading_server_is_waited_for(tmp_path: Path) -> None:
    server = Valkey(
        tmp_path, config={"key-load-delay": "3000", "loading-process-events-interval-bytes": "1024"}
    ).start()
    for number in range(300):
        server.command("SET", f"k{number}", "x" * 100)
    server.command("SET", "{t:1}n", "1")
    # Into one snapshot: only its keys are loaded with a delay.
    server.command("BGREWRITEAOF")
    for _ in patience("a rewritten file"):
        if not server.command("INFO", "persistence")["aof_rewrite_in_progress"]:
            break
    server.restart()
    async with opened(server.url + "?patience=0.05") as scripts:
        with pytest.raises(StoreUnavailable, match="loading"):
            await scripts.run("add", ["{t:1}n"], [1])
    async with opened(server.url + "?patience=20") as scripts:
        assert await scripts.run("add", ["{t:1}n"], [1]) == 2
    server.stop()


@pytest.mark.parametrize("rules", [("-eval", "-evalsha"), ("-evalsha",), ("-@scripting",), ("-script|load",)])
async def test_a_user_who_may_not_run_scripts_is_told(tmp_path: Path, rules: tuple[str, ...]) -> None:
    server = Valkey(tmp_path).start()
    server.command("ACL", "SETUSER", "bot", "on", ">secret", "~*", "&*", "+@all", *rules)
    async with opened(server.url.replace("://", "://bot:secret@")) as scripts:
        with pytest.raises(StoreMismatch, match="does not let this user run scripts") as told:
            await scripts.run("add", ["{t:1}n"], [1])
    assert "secret" not in str(told.value)
    async with opened(server.url.replace("://", "://bot:wrong@")) as scripts:
        with pytest.raises(StoreMismatch, match="password"):
            await scripts.run("add", ["{t:1}n"], [1])
    server.stop()


async def test_a_proxy_without_scripts_is_told(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"rename-command EVALSHA": ""}).start()
    async with opened(server.url) as scripts:
        with pytest.raises(StoreMismatch, match="knows no scripts"):
            await scripts.run("add", ["{t:1}n"], [1])
    server.stop()


async def test_a_socket_of_this_machine(tmp_path: Path) -> None:
    server = Valkey(tmp_path, config={"unixsocket": str(tmp_path / "s")}).start()
    async with opened(f"redis+unix://{tmp_path}/s?db=3") as scripts:
        assert await scripts.run("add", ["{t:1}n"], [1]) == 1
        await scripts.client.set("{t:1}n", 5)
        assert await scripts.run("get", ["{t:1}n"]) == b"5"
    server.stop()


async def test_hints_reach_who_listens(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    async with opened(server.url) as scripts, scripts.client.pubsub() as listening:
        await listening.subscribe("t:hints")
        await scripts.client.publish("t:hints", b"turn")
        for _ in patience("a hint"):
            found = await listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
            if found:
                assert found["data"] == b"turn"
                break
    server.stop()
