"""Stopping ends in the time that platforms give, whatever hangs; a part that ends by itself ends the process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots import app as app_module
from bots import delivery, parts
from bots.app import App
from bots.parts import Parts
from core.settings import Settings
from tests.fakes.bots import ROOT


def test_all_the_times_together_leave_room_before_the_platform_kills() -> None:
    total = parts.PAGES_CLOSING + parts.DRAINING + 3 * parts.CLOSING
    assert total <= parts.STOP_WITHIN - 3
    assert parts.DRAINING < delivery._DRAIN, "the process asks for less than a delivery loop may take by itself"


async def test_what_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DRAINING", "CLOSING"):
        monkeypatch.setattr(parts, name, 0.05)
    running, cut = Parts(), []

    async def hang(name: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.append(name)
            raise

    for name in ("worker", "feed"):
        running.spawn(name, hang(name))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await running.finish(("worker",))
    assert sorted(cut) == ["feed", "worker"]
    assert not running.failed


async def test_what_is_under_way_is_finished_before_the_rest_is_cut_off() -> None:
    running, told, done = Parts(), asyncio.Event(), []

    async def worker() -> None:
        await told.wait()
        done.append("worker")

    async def feed() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            done.append("feed")

    running.spawn("worker", worker())
    running.spawn("feed", feed())
    await asyncio.sleep(0)
    finishing = asyncio.create_task(running.finish(("worker",)))
    await asyncio.sleep(0)
    told.set()
    await finishing
    assert done == ["worker", "feed"]


async def test_a_part_that_ends_by_itself_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    running = Parts()

    async def broken() -> None:
        raise RuntimeError("a defect")

    running.spawn("worker", broken())
    async with asyncio.timeout(5):
        await running.ending.wait()
    assert running.failed


async def test_a_channel_that_never_closes_does_not_keep_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DRAINING", "CLOSING"):
        monkeypatch.setattr(parts, name, 0.05)
    monkeypatch.setattr(app_module, "DRAINING", 0.05)
    folder = ROOT / "tests" / "fixtures" / "bots" / "talk"
    settings = Settings(bot=folder, store=f"sqlite:///{tmp_path}/s.db", watch=False, encoder="none")
    app = App(settings, roles=frozenset({"worker"}))

    async def never() -> None:
        await asyncio.Event().wait()

    for channel in app.channels.values():
        monkeypatch.setattr(channel, "stop", never)
    await app.start()
    async with asyncio.timeout(30):
        await app.stop()
    assert not app.failed


@pytest.mark.parametrize(
    ("roles", "served", "absent"),
    [
        ({"web"}, ["/chat", "/webhook/{channel}/{account}", "/health/live"], ["/desk", "/desk/live"]),
        ({"desk"}, ["/desk", "/desk/live", "/metrics"], ["/chat", "/webhook/{channel}/{account}"]),
        ({"worker"}, ["/metrics", "/health/ready"], ["/chat", "/desk", "/webhook/{channel}/{account}"]),
    ],
)
async def test_each_role_serves_its_own_pages(
    tmp_path: Path, roles: set[parts.Role], served: list[str], absent: list[str]
) -> None:
    folder = ROOT / "tests" / "fixtures" / "bots" / "talk"
    settings = Settings(bot=folder, store=f"sqlite:///{tmp_path}/s.db", watch=False, encoder="none")
    app = App(settings, roles=frozenset(roles))
    paths = {resource.canonical for resource in app.web().router.resources()}
    await app.stop()
    assert set(served) <= paths
    assert not paths & set(absent)
