"""Nothing readable in the files, and nothing recoverable after an erasure: canary strings in every place."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.events import Received
from core.ids import CallId, EntryId
from core.messages import Address, Inbound, Profile, Say, Text
from core.records import (
    Arrival,
    Call,
    Commit,
    DeadLetter,
    Dispatch,
    Entry,
    Marked,
    Noted,
    Outcome,
    Receipt,
    RetryAt,
    Sent,
    Timer,
    Wrote,
)
from store.keys import keys_path
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.contract.words import DAY, LEASE, NOW, claim_delivery, claim_one, conv, do, entry, say, turn

#: Every canary begins like this, so that one search finds all.
CANARY = "Kanarienvogel"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    yield found
    await found.close()


async def sing(store: SqliteStore, n: int = 1) -> None:
    """Put a canary into every place that holds content."""
    where = Address(bot="b", channel="telegram", account="bot1", peer=f"{CANARY}-peer", thread=f"{CANARY}-thread")
    message = Inbound(
        content=Text(text=f"{CANARY}-text"), message_id=f"{CANARY}-mid", profile=Profile(name=f"{CANARY}-name")
    )
    arrivals = [
        Arrival(conversation=conv(n), address=where, event_id=f"{CANARY}-{k}", event=Received(message=message), at=NOW)
        for k in range(2)
    ]
    await store.ingest(arrivals, NOW)
    lease = await claim_one(store)
    out = Entry(
        id=EntryId("x/1"), at=NOW, author="bot", body=Wrote(message=Say(text=f"{CANARY}-say")),
        dispatch=Dispatch(kind="bot", epoch=0),
    )  # fmt: skip
    entries = (
        out,
        Entry(id=EntryId("x/2"), at=NOW, author="counsellor", body=Noted(text=f"{CANARY}-note"), actor=f"{CANARY}-who"),
        Entry(id=EntryId("x/3"), at=NOW, author="system", body=Marked(kind="m", detail={"d": f"{CANARY}-mark"})),
    )
    commit = Commit(
        state=f"{CANARY}-state".encode(),
        epoch=0,
        entries=entries,
        set_timers=(Timer(name=f"{CANARY}-timer", at=NOW + DAY, data=f"{CANARY}-data"),),
        calls=(Call(id=CallId(f"c{n}"), name=f"{CANARY}-call", args={"a": f"{CANARY}-arg"}, timeout=NOW),),
        outcome=Outcome(ok=True, code=f"{CANARY}-code", detail={"d": f"{CANARY}-detail"}),
        dead=DeadLetter(reason="KeyError"),
    )
    await store.commit(lease, commit, NOW)
    delivery = await claim_delivery(store)
    await store.settle(delivery, RetryAt(at=NOW, reason=f"{CANARY}-reason"), NOW)
    delivery = await claim_delivery(store)
    await store.settle(delivery, Sent(provider_ids=(f"{CANARY}-pid",)), NOW)
    early = Receipt(
        channel="telegram", account="bot1", provider_id=f"{CANARY}-early", state="failed", at=NOW, reason=f"{CANARY}-r"
    )
    await store.receipt(early, NOW)
    await store.put("account", "a", f"{CANARY}-record".encode(), NOW)


def heard(folder: Path, word: bytes) -> list[str]:
    """Return the files in which ``word`` can be read."""
    return [file.name for file in folder.iterdir() if file.is_file() and word in file.read_bytes()]


async def test_no_content_can_be_read_in_any_file(store: SqliteStore, tmp_path: Path) -> None:
    await sing(store)
    assert len(list(tmp_path.iterdir())) >= 4  # the write-ahead logs are there and are searched too
    assert heard(tmp_path, CANARY.encode()) == []
    store._data.execute("pragma wal_checkpoint(truncate)")
    assert heard(tmp_path, CANARY.encode()) == []
    # The search does find what stands there in plain: the account's name is no secret.
    assert heard(tmp_path, b"telegram")


async def test_an_error_never_quotes_content(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    await turn(store, "fine", 2, entries=())
    await sing(store, 1)
    store._data.execute("update conv set address = zeroblob(60) where conversation = ?", (conv(1),))
    await say(store, "next", 2, NOW + DAY)
    with caplog.at_level(logging.ERROR):
        leases = await store.claim("w", NOW + DAY, LEASE, 10)
    # The broken one is put off and blocks nobody.
    assert [lease.conversation for lease in leases] == [conv(2)]
    assert conv(1) in caplog.text
    assert CANARY not in caplog.text
    assert await store.claim("w", NOW + DAY, LEASE, 10) == []


async def test_a_broken_entry_or_call_blocks_nobody_else(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    for n in (1, 2):
        await say(store, "e1", n)
    for lease in await store.claim("w", NOW, LEASE, 10):
        call = Call(id=CallId(lease.conversation), name="n", args={}, timeout=NOW)
        await do(store, lease, entries=(entry(lease),), calls=(call,))
    store._data.execute("update entry set body = zeroblob(60) where id / 16777216 = 1")
    store._data.execute("update call set body = zeroblob(60) where conv = 1")
    assert [one.conversation for one in await store.claim_delivery("s", NOW, LEASE, 10)] == [conv(2)]
    assert [one.conversation for one in await store.claim_calls("s", NOW, LEASE, 10)] == [conv(2)]
    assert "is put off" in caplog.text


async def wrapped_key(path: Path) -> bytes:
    connection = sqlite3.connect(keys_path(path))
    row = connection.execute("select wrapped from key").fetchone()
    connection.close()
    return bytes(row[0])


@pytest.mark.parametrize("how", ["forget", "erase", "expire"])
async def test_an_erased_key_stands_in_no_file(store: SqliteStore, tmp_path: Path, how: str) -> None:
    path = tmp_path / "s.db"
    await turn(store, "e1", 1, expires=NOW + 1)
    key = await wrapped_key(path)
    await turn(store, "e1", 2)
    assert heard(tmp_path, key)
    if how == "forget":
        await store.forget(conv(1), NOW)
    elif how == "expire":
        await store.sweep(NOW + 1, 10)
    else:
        await turn(store, "e2", 1, erase=True)
    assert heard(tmp_path, key) == []
    await turn(store, "e2", 2)
    assert await store.check() == []


@pytest.mark.parametrize("how", ["forget", "erase"])
async def test_an_old_copy_of_the_data_cannot_be_read_with_the_newest_keys(tmp_path: Path, how: str) -> None:
    ring = KeyRing.generate()
    store = open_sqlite(tmp_path / "s.db", ring)
    await turn(store, "e1", 2, state=b"still here", entries=())
    await sing(store, 1)
    copies = tmp_path / "copies"
    copies.mkdir()
    await store.backup(copies / "monday.db")
    assert heard(copies, CANARY.encode()) == []
    if how == "forget":
        await store.forget(conv(1), NOW)
    else:
        await turn(store, "wish", 1, erase=True)
    await store.close()

    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / "s.db").write_bytes((copies / "monday.db").read_bytes())
    keys_path(restored / "s.db").write_bytes(keys_path(tmp_path / "s.db").read_bytes())
    old = open_sqlite(restored / "s.db", ring)
    assert await old.snapshot(conv(1)) is None
    assert await old.transcript(conv(1), 0, 10) == []
    assert await old.dead(10) == []
    other = await old.snapshot(conv(2))
    assert other is not None
    assert other.state == b"still here"
    # Whatever touches the erased one clears it away.
    leases = await old.claim("w", NOW + 2 * DAY, LEASE, 10)
    assert [lease.conversation for lease in leases] == []
    assert (await old.stats(NOW)).conversations == 1
    await old.close()


async def test_a_repeated_backup_keeps_only_the_newest_keys(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    await turn(store, "e1", 1)
    key = await wrapped_key(tmp_path / "s.db")
    await store.backup(folder / "monday.db")
    assert heard(folder, key)
    await store.forget(conv(1), NOW)
    await store.backup(folder / "tuesday.db")
    assert sorted(one.name for one in folder.iterdir()) == ["monday.db", "s.db.keys", "tuesday.db"]
    assert heard(folder, key) == []
