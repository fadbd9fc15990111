"""The Procfile really run: a conversation crosses web, two workers, desk and store, and survives a killed worker."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.counsellor import Counsellor
from tests.e2e.procfile import ROOT, Honcho, free_base
from tests.e2e.visitor import Visitor
from tests.fakes import valkey, valkey_groups


def store_at(kind: str, tmp_path: Path) -> str:
    """Return the address of a fresh store."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/streetwork.db"
    url = valkey_groups.cluster().url if kind == "cluster" else valkey.single().url
    return f"{url}{'&' if '?' in url else '?'}namespace=p{secrets.token_hex(4)}"


@pytest.fixture(params=["sqlite", "redis", pytest.param("cluster", marks=pytest.mark.soak)])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return what a platform would set, for a store of each kind."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "HOST": "127.0.0.1",
        "STREETWORK_BOT": str(ROOT / "flows" / "berlin"),
        "STREETWORK_STORE": store_at(request.param, tmp_path),
        "STREETWORK_KEY_FILE": str(tmp_path / "streetwork.key"),
        "STREETWORK_LOG_FORMAT": "json",
        "STREETWORK_ENCODER": "none",
        "PYTHONUNBUFFERED": "1",
    }


class Place:
    """Where a process answers; what a visitor needs of it."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"


def account(environment: dict[str, str]) -> str:
    """Make the counsellor's account as an operator does, and return its password."""
    made = subprocess.run(
        [sys.executable, "-m", "bots.cli", "staff", "add", "mariam", "--name", "Mariam", "-l", "en"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Password.*: (\S+)", made.stdout)
    assert found is not None
    return found[1]


async def test_a_conversation_crosses_all_processes(environment: dict[str, str], tmp_path: Path) -> None:
    base = free_base(types=4)
    release = Honcho(tmp_path, environment, "release=1", port=base)
    assert await asyncio.to_thread(release.wait) == 0, release.log
    password = await asyncio.to_thread(account, environment)

    site = Honcho(tmp_path, environment, "web=1,desk=1", port=base)
    workers = [Honcho(tmp_path, environment, "worker=1", port=base + 200 + 100 * n) for n in range(2)]
    try:
        await asyncio.to_thread(site.until, r"web.1 .*Stop with Ctrl", r"desk.1 .*Stop with Ctrl")
        for one in workers:
            await asyncio.to_thread(one.until, r"worker.1 .*Stop with Ctrl")
        # Honcho counts types in the order of the Procfile: web first, desk a hundred higher.
        async with (
            Visitor(Place(base)) as person,  # type: ignore[arg-type]
            Counsellor(Place(base + 100).base, "mariam", password) as mariam,
        ):
            await person.until("What can I do for you?")
            await person.say("what is the minimum wage")
            await person.until("https://www.bmas.de")
            await person.say("human")
            await person.say("skip")
            await person.say("yes")
            number = await mariam.until_waiting()

            # One worker dies in the middle; what is pressed and written now is the other one's.
            await asyncio.to_thread(workers[0].kill)
            await mariam.act(number, "claim")
            await mariam.act(number, "reply", text="Hello, I am Mariam.")
            await person.until("Hello, I am Mariam.")
            await person.say("I need a place to sleep")
            await mariam.until_changed(number)
            read = await mariam.case(number)
            while not any("sleep" in line.get("text", "") for line in read["lines"]):
                await mariam.until_changed(number)
                read = await mariam.case(number)

            # The platform starts it again; the one that is left is stopped in order, and nobody notices.
            workers.append(Honcho(tmp_path, environment, "worker=1", port=base + 200))
            await asyncio.to_thread(workers[2].until, r"worker.1 .*Stop with Ctrl")
            await asyncio.to_thread(workers[1].stop)
            await mariam.act(number, "reply", text="We find one today.")
            await person.until("We find one today.")
            await mariam.act(number, "close", outcome="first_advice")

            said = [line["id"] for line in person.page.lines]
            assert len(said) == len(set(said))
            mine = [line["text"] for line in person.page.lines if line["who"] == "person"]
            assert mine == ["what is the minimum wage", "human", "skip", "yes", "I need a place to sleep"]
    except TimeoutError:
        raise AssertionError("\n".join(one.log for one in (site, *workers))) from None
    finally:
        for one in (site, *workers):
            await asyncio.to_thread(one.stop)
    for one in (site, workers[1], workers[2]):
        assert one.codes() == {"0"}, one.log
