"""Health: live always, ready only when messages would really be handled, and nothing secret in the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots import health as health_module
from bots.health import HEARTBEAT, Health
from bots.metrics import Metrics
from bots.operations import operations_routes
from core.errors import StoreUnavailable
from core.records import Record, Stats


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.at = 1_000_000

    def now(self) -> int:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1000)


class Store:
    """Answers its check as told."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.away = False
        self.hangs = False
        self.checks = 0
        self.outages: list[Record] = []

    async def check(self) -> list[str]:
        self.checks += 1
        if self.away:
            raise StoreUnavailable("/srv/secret.db is locked")
        if self.hangs:
            await asyncio.Event().wait()
        return self.problems

    async def scan(self, kind: str, now: int, limit: int, after: str | None = None) -> list[Record]:
        assert kind == "outage"
        if self.hangs:
            await asyncio.Event().wait()
        return self.outages

    async def stats(self, now: int) -> Stats:
        return Stats(conversations=1, due_turns=0, undelivered=0, oldest_undelivered=0, open_calls=0, dead=0, labels={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Any:
    return Store()


async def test_an_account_that_is_down_is_told_without_its_reason_and_makes_nothing_unready(
    store: Any, clock: Clock
) -> None:
    value = b'{"channel":"viber","account":"main","reason":"look at VIBER_TOKEN","since":5}'
    store.outages = [Record(key="viber/main", value=value, version=1)]
    answer = await Health(store, clock).ready()
    assert (answer.status, answer.body["down"]) == (200, ["viber"])
    assert "TOKEN" not in str(answer.body)


async def test_ready_when_everything_is_well(store: Any, clock: Clock) -> None:
    health = Health(store, clock, parts=["worker"])
    health.beat("worker")
    health.polled("telegram", ok=True)
    answer = await health.ready()
    assert (answer.status, answer.body["status"]) == (200, "ready")
    assert answer.body["parts"] == {"store": "ok", "worker": "ok", "poll:telegram": "ok"}


async def test_not_ready_before_the_first_heartbeat(store: Any, clock: Clock) -> None:
    answer = await Health(store, clock, parts=["worker"]).ready()
    assert (answer.status, answer.body["parts"]["worker"]) == (503, "starting")


async def test_not_ready_when_a_part_fell_silent(store: Any, clock: Clock) -> None:
    health = Health(store, clock, parts=["worker"])
    health.beat("worker")
    clock.at += HEARTBEAT - 1
    assert (await health.ready()).status == 200
    clock.at += 1
    assert (await health.ready()).body["parts"]["worker"] == "silent"
    health.beat("worker")
    assert (await health.ready()).status == 200


async def test_not_ready_after_a_failed_poll_until_one_goes_well(store: Any, clock: Clock) -> None:
    health = Health(store, clock)
    health.polled("telegram", ok=False)
    assert (await health.ready()).status == 503
    health.polled("telegram", ok=True)
    assert (await health.ready()).status == 200


async def test_store_that_needs_attention_or_is_away_is_not_ready_and_names_nothing(store: Any, clock: Clock) -> None:
    health = Health(store, clock)
    store.problems = ["/srv/secret.db can be read by others"]
    answer = await health.ready()
    assert (answer.status, answer.body["parts"]["store"]) == (503, "needs attention")
    clock.at += 10_000
    store.away = True
    away = await health.ready()
    assert (away.status, away.body["parts"]["store"]) == (503, "unavailable")
    assert "secret" not in str(answer.body) + str(away.body)


async def test_store_that_hangs_is_not_waited_for(store: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "_CHECK_TIMEOUT", 0.01)
    store.hangs = True
    assert (await Health(store, clock).ready()).body["parts"]["store"] == "unavailable"


async def test_store_is_not_asked_for_every_request(store: Any, clock: Clock) -> None:
    health = Health(store, clock)
    for _ in range(5):
        await health.ready()
    assert store.checks == 1
    clock.at += 2_000
    await health.ready()
    assert store.checks == 2


async def test_draining_is_live_and_not_ready(store: Any, clock: Clock) -> None:
    health = Health(store, clock)
    health.stopping()
    assert health.live().status == 200
    assert (await health.ready()).body["parts"]["process"] == "stopping"
    assert (await health.ready()).status == 503


@pytest.fixture
async def client(store: Any, clock: Clock) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    app.add_routes(
        operations_routes(
            health=Health(store, clock, parts=["worker"]),
            metrics=Metrics(),
            store=store,
            clock=clock,
            metrics_token="0123456789abcdef",
        )
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_pages(client: TestClient[web.Request, web.Application]) -> None:
    live = await client.get("/health/live")
    assert (live.status, await live.json()) == (200, {"status": "live"})
    ready = await client.get("/health/ready")
    assert (ready.status, (await ready.json())["status"]) == (503, "not ready")
    assert ready.headers["Cache-Control"] == "no-store"
    refused = await client.get("/metrics")
    assert (refused.status, await refused.text()) == (401, "")
    given = await client.get("/metrics", headers={"Authorization": "Bearer 0123456789abcdef"})
    assert given.status == 200
    assert given.headers["Content-Type"].startswith("text/plain")
    assert "streetwork_conversations 1.0" in await given.text()
