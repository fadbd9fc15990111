"""The whole server on a store on Redis: it starts, talks, notices a lost server, and never starts over by itself."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.server import Server
from tests.e2e.test_pages import streetwork
from tests.fakes.valkey import Valkey, patience


def ready(server: Server, status: int) -> str:
    for _ in patience(f"an answer {status}"):
        found, body = server.get("/health/ready")
        if found == status:
            return body
    raise AssertionError


def test_a_server_on_redis(tmp_path: Path) -> None:
    redis = Valkey(tmp_path / "redis").start()
    where = {"STREETWORK_STORE": f"{redis.url}?patience=0.2", "STREETWORK_KEY_FILE": str(tmp_path / "keys" / "my.key")}
    with Server(tmp_path, where) as server:
        ready(server, 200)
        assert "streetwork_store_up 1.0" in server.get("/metrics")[1]
        assert "The store is well" in streetwork("store", "check", **where).stdout
        assert "mariam" in streetwork("staff", "add", "mariam", "--name", "M", "-l", "ar", **where).stdout
        refused = streetwork("store", "backup", **where)
        assert (refused.returncode, "store copy" in refused.stderr) == (2, True)
        redis.kill()
        assert "unavailable" in ready(server, 503)
        redis.restart()
        ready(server, 200)
    assert "mariam" in streetwork("staff", "list", **where).stdout
    # Whoever restarts it without its data is told, and nothing is begun anew.
    redis.empty()
    refused = streetwork("run", PORT="0", **where)
    assert refused.returncode == 2
    assert "my.stores says that it held the store" in refused.stderr
    assert redis.command("DBSIZE") == 0
    redis.stop()
