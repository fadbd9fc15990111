"""`streetwork store copy`: to servers and back, by nobody but itself, and gone on with after a stop."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import cli
from bots.fleet import Fleet
from bots.store_copying import copy_store, refuse_while_copied
from bots.stores import open_kept
from core.errors import SettingsError, StoreMismatch
from core.settings import Settings
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.contract.words import NOW, conv, say, turn
from tests.fakes.clock import FakeClock
from tests.fakes.valkey import single


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREETWORK_STORE", raising=False)
    return f"{single().url}?namespace=c{secrets.token_hex(5)}"


def test_there_and_back_by_the_command(where: str, tmp_path: Path) -> None:
    source, back = f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db"

    async def fill() -> None:
        found = open_kept(source, Settings(store=source))
        assert found is not None
        for n in range(3):
            await turn(found[0], "e1", n, state=b"s")
        await found[0].put("account", "m", b"v", NOW)
        await found[0].close()

    asyncio.run(fill())
    there = CliRunner().invoke(cli, ["store", "copy", source, where])
    assert there.exit_code == 0, there.output
    assert "Copied and compared 3 conversations (0 were there already)" in there.output
    assert "STREETWORK_KEY_FILE" in there.output
    again = CliRunner().invoke(cli, ["store", "copy", source, where])
    assert "(3 were there already)" in again.output
    home = CliRunner().invoke(cli, ["store", "copy", where, back], env={"STREETWORK_KEY_FILE": f"{tmp_path}/a.key"})
    assert home.exit_code == 0, home.output

    async def look() -> None:
        found = open_kept(back, Settings(store=back, key_file=tmp_path / "a.key"))
        assert found is not None
        snapshot = await found[0].snapshot(conv(2))
        assert snapshot is not None
        assert snapshot.state == b"s"
        await refuse_while_copied(found[0], NOW)
        await found[0].close()

    asyncio.run(look())


def test_addresses_that_make_no_sense_are_refused(where: str) -> None:
    for one, two in ((where, where), ("memory:", where), ("nothing", where)):
        result = CliRunner().invoke(cli, ["store", "copy", one, two])
        assert isinstance(result.exception, SettingsError), result.output


def stores(folder: Path) -> tuple[SqliteStore, SqliteStore]:
    ring = KeyRing.generate()
    return open_sqlite(folder / "a.db", ring), open_sqlite(folder / "b.db", ring)


async def test_a_store_that_somebody_works_on_is_not_copied(tmp_path: Path) -> None:
    source, target = stores(tmp_path)
    await source.put("lease", "sweep", b"me", NOW, expires=NOW + 5)
    with pytest.raises(StoreMismatch, match=r"works on the source \(a worker\)"):
        await copy_store(source, target, FakeClock(NOW))
    clock = FakeClock(NOW + 5)
    fleet = Fleet(target, clock, name="w", roles=("web", "desk"), release=lambda: "r")
    await fleet.announce()
    with pytest.raises(StoreMismatch, match=r"works on the target \(desk, web\)"):
        await copy_store(source, target, clock)
    await fleet.leave()
    await copy_store(source, target, FakeClock(NOW + 5))
    await source.close()
    await target.close()


async def test_nobody_starts_while_a_store_is_copied(tmp_path: Path) -> None:
    source, target = stores(tmp_path)
    await turn(source, "e1")
    clock = FakeClock(NOW)
    seen: list[asyncio.Future[None]] = []

    def progress(done: int, of: int) -> None:
        seen.extend(asyncio.ensure_future(refuse_while_copied(one, NOW)) for one in (source, target))

    await copy_store(source, target, clock, progress)
    assert len(seen) == 2
    for one in await asyncio.gather(*seen, return_exceptions=True):
        assert isinstance(one, StoreMismatch)
    await refuse_while_copied(source, NOW)
    await refuse_while_copied(target, NOW)
    await source.close()
    await target.close()


async def test_what_came_meanwhile_is_carried_too(tmp_path: Path) -> None:
    source, target = stores(tmp_path)
    for n in range(3):
        await turn(source, "e1", n)

    async def late() -> None:
        other = open_sqlite(tmp_path / "a.db", source.ring)
        await say(other, "late", 1)
        await other.close()

    def progress(done: int, of: int) -> None:
        # Another process, whose event is there before the copy goes on.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(late())).result()

    await copy_store(source, target, FakeClock(NOW), progress)
    snapshot = await target.snapshot(conv(1))
    assert snapshot is not None
    assert snapshot.waiting_events == 1
    await source.close()
    await target.close()
