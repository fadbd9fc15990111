"""``streetwork forget`` finds a person by the number of their open or last case, and by nothing that is not there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.commands.forget import forget
from bots.stores import open_store
from core.records import Label
from core.settings import Settings
from tests.contract.words import NOW, conv, turn


@pytest.mark.parametrize("label", ["case:K-AAAAAA", "closed:K-AAAAAA"])
def test_the_number_of_an_open_or_a_closed_case_erases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    where = f"sqlite:///{tmp_path}/s.db"

    async def prepare() -> None:
        store = open_store(Settings(store=where)).store
        await turn(store, "e1", 1, labels=(Label(name=label, rank=NOW),))
        await store.close()

    async def left() -> bool:
        store = open_store(Settings(store=where)).store
        found = await store.snapshot(conv(1))
        await store.close()
        return found is not None

    asyncio.run(prepare())
    monkeypatch.setenv("STREETWORK_STORE", where)
    wrong = CliRunner().invoke(forget, ["--case", "K-BBBBBB", "--yes"])
    assert wrong.exit_code == 1
    assert asyncio.run(left())
    done = CliRunner().invoke(forget, ["--case", "k-aaaaaa", "--yes"])
    assert done.exit_code == 0, done.output
    assert not asyncio.run(left())
