"""Drafts on the server: by case, account and field; gone with the sending, with the case, and with the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.blobs import blob_key
from core.records import Record
from handoff.drafts import KEPT
from handoff.forgetting import forget_drafts
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, open_desk

REPLY, NOTE = "cases/K-1/drafts/reply", "cases/K-1/drafts/note"


async def claimed(world: DeskWorld, login: str = "mariam") -> Window:
    window = await world.staff(login)
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    return window


async def text(window: Window, path: str) -> str:
    status, found = await window.get(path)
    assert status == 200, found
    return str(found["text"])


async def shells(world: DeskWorld) -> list[Record]:
    return await world.store.scan("draft", world.clock.now(), 100)


async def test_a_draft_goes_on_at_another_computer_and_each_field_has_its_own(world: DeskWorld):
    one = await claimed(world)
    assert await text(one, REPLY) == ""
    await one.put(REPLY, {"text": "Guten Tag"})
    await one.put(NOTE, {"text": "call the office"})
    await one.put(REPLY, {"text": "Guten Tag, Amal"})
    other = world.window()
    await other.sign_in("mariam")
    assert (await text(other, REPLY), await text(other, NOTE)) == ("Guten Tag, Amal", "call the office")
    await other.put(REPLY, {"text": ""})
    assert (await text(one, REPLY), await text(one, NOTE)) == ("", "call the office")


async def test_a_reply_that_is_written_is_shown_to_the_person_and_a_note_is_not(world: DeskWorld):
    one = await claimed(world)
    await one.put(NOTE, {"text": "call the office"})
    await one.put(REPLY, {"text": "  "})
    assert world.typed == []
    await one.put(REPLY, {"text": "Guten Tag"})
    assert [one.peer for one in world.typed] == ["p"]


async def test_nobody_reads_another_ones_draft(world: DeskWorld):
    mariam = await claimed(world)
    await mariam.put(NOTE, {"text": "mine"})
    boris = await world.staff("boris")
    for path in (REPLY, NOTE):
        assert await boris.get(path) == (404, {"code": "absent"})
        assert (await boris.put(path, {"text": "x"}))[0] == 404
    await mariam.post("cases/K-1/release")
    # Now he may leave a note, but no reply, and finds an empty field.
    assert await text(boris, NOTE) == ""
    assert (await boris.get(REPLY))[0] == 404
    assert await text(mariam, NOTE) == "mine"


async def test_sending_takes_the_draft_of_that_field_away(world: DeskWorld):
    window = await claimed(world)
    await window.put(REPLY, {"text": "hello"})
    await window.put(NOTE, {"text": "note"})
    await window.post("cases/K-1/reply", {"text": "hello"})
    assert (await text(window, REPLY), await text(window, NOTE)) == ("", "note")
    await window.post("cases/K-1/note", {"text": "note"})
    assert await shells(world) == []


async def test_what_was_refused_keeps_its_draft(world: DeskWorld):
    window = await claimed(world)
    await window.put(REPLY, {"text": "hello"})
    assert (await window.post("cases/K-1/reply", {"text": " "}))[0] == 422
    assert await text(window, REPLY) == "hello"


@pytest.mark.parametrize("verb", ["close", "return"])
async def test_the_end_of_a_case_takes_everybodys_drafts_away(world: DeskWorld, verb: str):
    boris = await world.staff("boris")
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await boris.put(NOTE, {"text": "I know this person"})
    await window.post("cases/K-1/claim")
    await window.put(REPLY, {"text": "hello"})
    assert len(await shells(world)) == 2
    await window.post(f"cases/K-1/{verb}", {"outcome": "other"})
    assert await shells(world) == []


async def test_a_draft_cannot_be_read_once_the_person_is_erased(tmp_path: Path):
    store = open_sqlite(tmp_path / "desk.db", KeyRing.generate())
    async with open_desk(store=store) as world:
        window = await claimed(world)
        await window.put(REPLY, {"text": "canary words"})
        (shell,) = await shells(world)
        assert b"canary" not in shell.value
        await world.erase("p")
        await world.ask("p", "K-1")
        await window.post("cases/K-1/claim")
        assert await text(window, REPLY) == ""
        # Not even with the shell of the old draft under the new person's name.
        (key,) = [one.key for one in await shells(world)]
        generation = (await world.store.snapshot(world.conversation("p"))).generation  # type: ignore[union-attr]
        parts = key.split("/")
        await window.put(REPLY, {"text": "makes a key"})
        renamed = "/".join([parts[0], str(generation), *parts[2:]])
        await world.store.put("draft", renamed, shell.value, world.clock.now())
        assert await text(window, REPLY) == ""
        assert await forget_drafts(world.store, world.conversation("p"), world.clock.now()) == 2
        assert await shells(world) == []


async def test_the_key_of_a_draft_lives_and_dies_with_the_person(tmp_path: Path):
    store = open_sqlite(tmp_path / "desk.db", KeyRing.generate())
    async with open_desk(store=store) as world:
        window = await claimed(world)
        await window.put(REPLY, {"text": "canary words"})
        (shell,) = await shells(world)
        snapshot = await world.store.snapshot(world.conversation("p"))
        assert snapshot is not None
        name = blob_key(world.conversation("p"), snapshot.generation, "drafts")
        key = await world.blobs.read(name, 0, world.clock.now())
        assert key is not None
        assert b"canary words" in AESGCM(key).decrypt(shell.value[:12], shell.value[12:], shell.key.encode())
        await world.erase("p")
        assert await world.blobs.read(name, 0, world.clock.now()) is None


async def test_forgetting_one_person_leaves_the_others(world: DeskWorld):
    window = await claimed(world)
    await world.ask("q", "K-2")
    await window.post("cases/K-2/claim")
    for number in ("K-1", "K-2"):
        await window.put(f"cases/{number}/drafts/note", {"text": number})
    assert await forget_drafts(world.store, world.conversation("p"), world.clock.now()) == 1
    assert await text(window, "cases/K-2/drafts/note") == "K-2"


async def test_a_draft_that_nobody_touches_is_forgotten(world: DeskWorld):
    window = await claimed(world)
    await window.put(NOTE, {"text": "old"})
    assert await shells(world)
    world.fake.advance(KEPT)
    assert await shells(world) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [({"text": 3}, "malformed"), ({}, "malformed"), ({"text": "x" * 8001}, "too_long")],
)
async def test_bad_bodies_change_nothing(world: DeskWorld, body, code):
    window = await claimed(world)
    await window.put(REPLY, {"text": "kept"})
    status, answer = await window.put(REPLY, body)
    assert (status, answer["code"]) == (422, code)
    assert await text(window, REPLY) == "kept"


async def test_strange_words_come_back_as_they_were(world: DeskWorld):
    window = await claimed(world)
    strange = "<script>alert(1)</script> \u202e مرحبا \x00 '\"; --\n\t🙂"
    await window.put(REPLY, {"text": strange})
    assert await text(window, REPLY) == strange


async def test_a_draft_of_another_field_or_without_our_token_is_refused(world: DeskWorld):
    window = await claimed(world)
    assert (await window.get("cases/K-1/drafts/sms"))[0] == 404
    assert (await window.get("cases/K-9/drafts/note"))[0] == 404
    assert (await window.put(NOTE, {"text": "x"}, **{"X-CSRF-Token": "forged"}))[0] == 403
    assert (await window.put(NOTE, {"text": "x"}, Origin="https://evil.example"))[0] == 403
