"""Files, on every backend: whole or not there, erased with their owner, over when their time is."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from core.blobs import CHUNK, DRAFT_FOR, BlobHead, BlobKey, BlobRefused, blob_key, keep, no_file
from core.ports import Blobs, Store
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.contract.words import DAY, HOUR, NOW, claim_one, conv, do, entry, say, turn

PNG = b"\x89PNG\r\n\x1a\n"
BIG = PNG + bytes(range(256)) * 2500  # three chunks


def blobs_of(store: Store) -> Blobs:
    return cast("MemoryStore | SqliteStore", store).blobs


async def parts(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def owner(store: Store, n: int = 1) -> int:
    """Bring a person in and return their generation."""
    await turn(store, "e1", n)
    snapshot = await store.snapshot(conv(n))
    assert snapshot is not None
    return snapshot.generation


async def kept(store: Store, name: str = "1/0", data: bytes = BIG, n: int = 1) -> BlobKey:
    key = blob_key(conv(n), await owner(store, n), name)
    await keep(blobs_of(store), key, parts(data), most=1 << 20, now=NOW, expires=NOW + DAY, name="a.png")
    return key


async def wrong(store: Store) -> list[str]:
    """Return what is wrong with files; the model always says that it forgets everything at its end."""
    return [found for found in await store.check() if "file" in found or "chunk" in found or "conversation" in found]


async def content(store: Store, key: BlobKey, now: int = NOW) -> bytes | None:
    found, number = b"", 0
    while (chunk := await blobs_of(store).read(key, number, now)) is not None:
        found += chunk
        number += 1
    return found if number else None


async def test_a_file_comes_back_as_it_was(store: Store) -> None:
    key = await kept(store)
    assert len(BIG) > 2 * CHUNK
    assert await content(store, key) == BIG
    head = (await blobs_of(store).heads([key], NOW))[key]
    assert head == BlobHead(size=len(BIG), mime="image/png", name="a.png", at=NOW)
    assert await blobs_of(store).held(conv()) == len(BIG)
    assert await wrong(store) == []


async def test_a_lie_about_the_type_is_kept_beside_the_truth(store: Store) -> None:
    key = blob_key(conv(), await owner(store), "1/0")
    blobs = blobs_of(store)
    page = b"<!DOCTYPE html><script>alert(1)</script>"
    done = await keep(blobs, key, parts(page), most=999, now=NOW, expires=NOW + 1, claimed="Image/JPEG; q=1")
    assert (done.head.mime, done.head.claimed) == ("text/html", "image/jpeg")


async def test_a_draft_is_invisible_and_swept(store: Store) -> None:
    blobs = blobs_of(store)
    key = blob_key(conv(), await owner(store), "1/0")
    draft = await blobs.begin(key, NOW)
    assert draft is not None
    assert await blobs.add(draft, 0, PNG)
    assert await blobs.heads([key], NOW) == {}
    assert await blobs.read(key, 0, NOW) is None
    assert await blobs.held(conv()) == len(PNG)
    await store.sweep(NOW + DRAFT_FOR - 1, 100)
    assert await blobs.add(draft, 1, PNG)
    await store.sweep(NOW + DRAFT_FOR, 100)
    assert not await blobs.add(draft, 2, PNG)
    assert not await blobs.finish(draft, BlobHead(size=1), now=NOW, expires=NOW + DAY)
    assert await blobs.held(conv()) == 0


async def test_what_breaks_off_or_is_too_large_leaves_nothing_to_see(store: Store) -> None:
    blobs = blobs_of(store)
    key = blob_key(conv(), await owner(store), "1/0")

    async def broken() -> AsyncIterator[bytes]:
        yield PNG * 100_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await keep(blobs, key, broken(), most=1 << 30, now=NOW, expires=NOW + DAY)
    with pytest.raises(BlobRefused, match="too_large"):
        await keep(blobs, key, parts(BIG), most=len(BIG) - 1, now=NOW, expires=NOW + DAY)
    with pytest.raises(BlobRefused, match="empty"):
        await keep(blobs, key, parts(b""), most=1, now=NOW, expires=NOW + DAY)
    assert await blobs.heads([key], NOW) == {}
    await keep(blobs, key, parts(BIG), most=len(BIG), now=NOW, expires=NOW + DAY)
    assert await content(store, key) == BIG


async def test_the_first_of_two_stays_and_a_failure_gives_way(store: Store) -> None:
    blobs = blobs_of(store)
    key = blob_key(conv(), await owner(store), "1/0")
    assert await no_file(blobs, key, "gone", now=NOW, expires=NOW + DAY)
    assert (await blobs.heads([key], NOW))[key].reason == "gone"
    one, two = await blobs.begin(key, NOW), await blobs.begin(key, NOW)
    assert one is not None
    assert two is not None
    # Two downloads at once, interleaved: neither gets a chunk of the other.
    for number, (first, second) in enumerate(((b"a", b"x"), (b"b", b"y"))):
        await blobs.add(one, number, first)
        await blobs.add(two, number, second)
    assert await blobs.finish(two, BlobHead(size=2), now=NOW, expires=NOW + DAY)
    assert await blobs.finish(one, BlobHead(size=2), now=NOW, expires=NOW + DAY)
    assert await content(store, key) == b"xy"
    assert await no_file(blobs, key, "late", now=NOW, expires=NOW + DAY)
    assert (await blobs.heads([key], NOW))[key].reason is None
    await store.sweep(NOW + 1, 100)
    assert await content(store, key) == b"xy"
    assert await wrong(store) == []


async def test_content_ends_with_its_time_and_the_head_says_so(store: Store) -> None:
    key = await kept(store)
    assert await content(store, key, NOW + DAY - 1) == BIG
    assert await content(store, key, NOW + DAY) is None
    assert (await blobs_of(store).heads([key], NOW + DAY))[key].reason == "expired"
    assert (await store.sweep(NOW + DAY - 1, 100)).total == 0
    assert (await store.sweep(NOW + DAY, 100)).total == 1
    assert (await store.sweep(NOW + DAY, 100)).total == 0
    head = (await blobs_of(store).heads([key], NOW))[key]
    assert (head.reason, head.size, head.name) == ("expired", len(BIG), "a.png")
    assert await content(store, key) is None
    assert await blobs_of(store).held(conv()) == 0


async def test_finishing_is_a_change(store: Store) -> None:
    blobs = blobs_of(store)
    key = blob_key(conv(), await owner(store), "1/0")
    cursor = (await store.changes(None, 10)).cursor
    draft = await blobs.begin(key, NOW)
    assert draft is not None
    await blobs.add(draft, 0, PNG)
    assert (await store.changes(cursor, 10)).conversations == ()
    await blobs.finish(draft, BlobHead(size=8), now=NOW, expires=NOW + DAY)
    assert (await store.changes(cursor, 10)).conversations == (conv(),)


async def test_forgetting_takes_files_and_drafts_along(store: Store) -> None:
    blobs = blobs_of(store)
    key, other = await kept(store), await kept(store, n=2)
    draft = await blobs.begin(key, NOW)
    assert draft is not None
    assert await store.forget(conv(), NOW)
    assert await blobs.heads([key], NOW) == {}
    assert await content(store, key) is None
    assert not await blobs.add(draft, 0, PNG)
    assert not await blobs.finish(draft, BlobHead(size=8), now=NOW, expires=NOW + DAY)
    assert await blobs.begin(key, NOW) is None
    await say(store, "again", now=NOW + 5)
    assert await blobs.begin(key, NOW) is None, "a new generation is not the owner of the old one's files"
    assert await blobs.held(conv()) == 0
    assert await content(store, other) == BIG
    await store.sweep(NOW, 100)
    assert await wrong(store) == []


async def test_erasing_in_a_commit_takes_files_along(store: Store) -> None:
    key = await kept(store)
    draft = await blobs_of(store).begin(key, NOW)
    assert draft is not None
    await say(store, "e2")
    lease = await claim_one(store)
    await do(store, lease, erase=True, entries=(entry(lease, kind="notice"),))
    assert await content(store, key) is None
    assert await blobs_of(store).heads([key], NOW) == {}
    assert not await blobs_of(store).add(draft, 0, PNG)
    assert await blobs_of(store).begin(key, NOW) is None
    await store.sweep(NOW, 100)
    assert await wrong(store) == []


async def test_an_expired_conversation_takes_its_files_along(store: Store) -> None:
    key = await kept(store)
    await turn(store, "e2", expires=NOW + HOUR)
    assert (await store.sweep(NOW + HOUR + DAY, 100)).total >= 1
    assert await blobs_of(store).heads([key], NOW) == {}


@pytest.mark.parametrize("key", ["", "nothing", "a/b/c", f"{'0' * 32}/1/x", "//", f"x/{'9' * 40}/y", "x/1/"])
async def test_a_key_of_nobody(store: Store, key: str) -> None:
    blobs = blobs_of(store)
    assert await blobs.begin(BlobKey(key), NOW) is None
    assert await blobs.heads([BlobKey(key)], NOW) == {}
    assert await blobs.read(BlobKey(key), 0, NOW) is None


# -- on SQLite only: what lies on the disk -----------------------------------------------------------------


async def test_nothing_of_a_file_can_be_read_on_the_disk(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    words = b"a very private letter " * 20_000
    await kept(store, data=words)
    await store.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(raw) > len(words)
    assert b"private letter" not in raw
    assert b"a.png" not in raw


async def test_a_crash_in_the_middle_leaves_a_draft(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    store = open_sqlite(tmp_path / "s.db", ring)
    key = blob_key(conv(), await owner(store), "1/0")
    draft = await store.blobs.begin(key, NOW)
    assert draft is not None
    assert await store.blobs.add(draft, 0, PNG)
    # As a killed process leaves it: the files of this moment, copied away.
    folder = tmp_path / "after"
    folder.mkdir()
    for path in tmp_path.glob("s.db*"):
        (folder / path.name).write_bytes(path.read_bytes())
    await store.close()
    store = open_sqlite(folder / "s.db", ring)
    assert await store.blobs.heads([key], NOW) == {}
    assert await store.blobs.held(conv()) == len(PNG)
    await keep(store.blobs, key, parts(BIG), most=1 << 20, now=NOW, expires=NOW + DAY)
    await store.sweep(NOW + DRAFT_FOR, 100)
    assert await content(store, key) == BIG
    assert await store.blobs.held(conv()) == len(BIG)
    assert await wrong(store) == []
    await store.close()


async def test_the_sweep_takes_big_files_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.sqlite_blobs.CHUNKS_AT_ONCE", 2)
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    key = await kept(store)
    assert (await store.sweep(NOW + DAY, 100)).total == 0
    assert (await store.sweep(NOW + DAY, 100)).total == 1
    assert (await store.blobs.heads([key], NOW))[key].reason == "expired"
    await store.close()


async def test_chunks_cannot_change_places(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    key = await kept(store)
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("update chunk set data = (select data from chunk where id % 65536 = 1) where id % 65536 = 0")
    with pytest.raises(Exception, match="does not open"):
        await store.blobs.read(key, 0, NOW)
    await store.close()
