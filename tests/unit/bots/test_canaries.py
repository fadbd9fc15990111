"""I11: after an erasure no word, name, address, file or key of the person can be read, in older backups neither."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.messages import Text
from core.sweeping import Swept
from handoff.forgetting import forget_person
from store.keys import keys_path
from store.sqlite import open_sqlite
from tests.unit.bots.canaries import CANARY, PEER, Cage, open_cage

HOUR = 3_600_000
DAY = 24 * HOUR
#: What must be readable before the erasure, or the attack proves nothing.
PLANTED = {
    "story",
    "more",
    "label",
    "place",
    "contact",
    "edit",
    "file",
    "caption",
    "bytes",
    "dead",
    "note",
    "draft-key",
}


@pytest.fixture
async def cage(tmp_path: Path) -> AsyncIterator[Cage]:
    async with open_cage(tmp_path) as found:
        await found.plant()
        yield found


def kinds(found: set[str]) -> set[str]:
    """Return what the canaries are called."""
    return {"".join(sign for sign in one.removeprefix(CANARY).strip("-") if sign.isalpha()) for one in found}


async def erase(cage: Cage, how: str) -> None:
    if how == "word":
        await cage.hear(Text(text="delete"))
        await cage.hear(Text(text="yes"))
    elif how == "desk":
        assert await cage.act("erase") == 200
    elif how == "forget":
        assert await forget_person(cage.store, cage.who, cage.clock.now())
    else:
        assert await cage.act("close", outcome="other", topic="") == 200
        cage.clock.advance(91 * DAY + HOUR)
        await cage.store.sweep(cage.clock.now(), 500)
    await cage.settle()


HOW = ["word", "desk", "forget", "time"]


async def test_the_attack_reads_what_was_planted_as_long_as_the_key_is_there(cage: Cage) -> None:
    found = kinds(cage.attack(cage.folder, cage.keys(cage.folder)))
    for needed in ("story", "more", "label", "place", "contact", "edit", "file", "caption", "bytes", "note", "reply"):
        assert any(one.startswith(needed[:7]) for one in found), (needed, sorted(found))
    assert cage.attack(cage.folder, []) == set(), "and nothing without a key: neither in files, logs nor metrics"
    assert cage.attack(cage.folder, [cage.ring.records]) == set(), "nor with the key of the small records alone"


@pytest.mark.parametrize("how", HOW)
async def test_nothing_can_be_read_after_an_erasure(cage: Cage, how: str) -> None:
    await erase(cage, how)
    assert cage.attack(cage.folder, cage.keys(cage.folder)) == set()
    await cage.deliver()
    cage.clock.advance(2 * HOUR)
    swept = await cage.store.sweep(cage.clock.now(), 500)
    assert isinstance(swept, Swept)
    assert cage.attack(cage.folder, cage.keys(cage.folder)) == set()
    assert cage.attack(cage.folder, cage.keys(cage.folder), PEER) == set()
    assert await cage.store.snapshot(cage.who) is None
    assert await cage.store.check() == []


@pytest.mark.parametrize("how", HOW)
async def test_an_older_backup_cannot_be_read_with_the_keys_that_are_left(cage: Cage, tmp_path: Path, how: str) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    await cage.store.backup(copies / "s.db")
    old_keys = cage.keys(copies)
    assert cage.attack(copies, old_keys), "with the keys of then it can"
    await erase(cage, how)
    await cage.deliver()
    cage.clock.advance(2 * HOUR)
    await cage.store.sweep(cage.clock.now(), 500)
    shutil.copy(keys_path(cage.folder / "s.db"), keys_path(copies / "s.db"))
    assert cage.attack(copies, cage.keys(copies)) == set()
    assert cage.attack(copies, cage.keys(copies), PEER) == set()


async def test_a_new_master_key_brings_nothing_back(cage: Cage, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    await cage.store.backup(copies / "s.db")
    await erase(cage, "forget")
    ring = cage.ring.with_new_master()
    await cage.store.close()
    again = open_sqlite(cage.folder / "s.db", ring)
    await again.sweep(cage.clock.now(), 500)
    await again.close()
    shutil.copy(keys_path(cage.folder / "s.db"), keys_path(copies / "s.db"))
    cage.app.ring = ring
    for folder in (cage.folder, copies):
        assert cage.attack(folder, cage.keys(folder)) == set()


@pytest.mark.parametrize("how", HOW)
async def test_no_row_of_the_person_is_left(cage: Cage, how: str) -> None:
    await erase(cage, how)
    await cage.deliver()
    cage.clock.advance(2 * HOUR)
    await cage.store.sweep(cage.clock.now(), 500)
    rows = {
        table: cage.store._data.execute(f"select count(*) from {table} {where}").fetchone()[0]  # names of ours
        for table, where in (
            ("conv", ""), ("entry", ""), ("mail", "where event is not null"), ("call", ""), ("dead", ""),
            ("label", ""), ("outcome", ""), ("alias", ""), ("blob", ""), ("chunk", ""), ("provider", ""),
            ("record", "where kind in ('press', 'datalink', 'draft')"),
        )
    }  # fmt: skip
    assert rows == dict.fromkeys(rows, 0)
