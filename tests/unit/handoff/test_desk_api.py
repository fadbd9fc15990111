"""The desk's routes with a real store and a small worker: claim, reply, note, close, and every way to press twice."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from core.errors import StoreUnavailable
from core.messages import Choice, Location, Media, SharedContact, Unknown
from core.records import Heard, Noted, Wrote
from handoff.board import PAGE
from handoff.cases import Urgency
from handoff.desk import LONGEST_TEXT
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, open_desk


def texts(view) -> list[str]:
    return [line.get("text", "") for line in view["lines"]]


async def test_from_waiting_to_closed(world: DeskWorld):
    window = await world.staff("mariam", "ar", name="Mariam")
    await world.talk("p", "hello", "I am a machine", "What do you need?")
    world.fake.advance(60_000)
    await world.ask("p", "K-1", note="housing", said="human please", name="Amal")
    _, board = await window.get("board")
    (card,) = board["waiting"]
    assert (card["number"], card["letters"], card["channel"], card["note"]) == ("K-1", "ع", "webchat", "housing")
    assert card["since"] == world.clock.now()

    assert (await window.post("cases/K-1/claim", {"seen": card["version"]}))[0] == 200
    assert (await window.post("cases/K-1/reply", {"text": "السلام عليكم"}))[0] == 200
    assert (await window.post("cases/K-1/note", {"text": "call the Jobcenter"}))[0] == 200
    _, view = await window.get("cases/K-1")
    assert view["person"] == "Amal"
    assert [(line["author"], line["kind"], line.get("bot_part", False)) for line in view["lines"]] == [
        ("person", "text", True),
        ("bot", "text", True),
        ("bot", "text", True),
        ("person", "text", False),
        ("system", "mark", False),
        ("system", "mark", False),
        ("counsellor", "text", False),
        ("counsellor", "note", False),
    ]
    reply = view["lines"][6]
    assert (reply["text"], reply["name"], reply["delivery"]) == ("السلام عليكم", "Mariam", "pending")

    assert (await window.post("cases/K-1/close", {"outcome": "first_advice"}))[0] == 200
    _, board = await window.get("board")
    assert board["waiting"] == board["mine"] == []


async def test_a_note_never_leaves_the_team(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/note", {"text": "between us"})
    assert await world.store.claim_delivery("t", world.clock.now(), 5000, 10) == []
    lines = await world.store.transcript(world.conversation("p"), 0, 10)
    (note,) = [line for line in lines if isinstance(line.entry.body, Noted)]
    assert (note.entry.dispatch, note.delivery) == (None, None)


async def test_of_many_who_claim_at_once_one_wins_and_the_others_learn_who(world: DeskWorld):
    windows = [await world.staff(f"staff{n}", name=f"Name {n}") for n in range(5)]
    await world.ask("p", "K-1")
    found = await asyncio.gather(*(window.post("cases/K-1/claim") for window in windows))
    winner = [n for n, (status, _) in enumerate(found) if status == 200]
    assert len(winner) == 1
    for n, (status, body) in enumerate(found):
        if n not in winner:
            assert (status, body["code"], body["detail"]["name"]) == (409, "taken", f"Name {winner[0]}")


async def test_the_same_press_sent_five_times_is_one_reply():
    async with open_desk(patience=0.05) as world:
        window = await world.staff("mariam")
        await world.ask("p", "K-1")
        await settled(world, window, await window.post("cases/K-1/claim"))
        # All five are in before the first is handled.
        world.working.clear()
        await world.idle()
        body = {"text": "once", "request": secrets.token_hex(16)}
        found = await asyncio.gather(*(window.post("cases/K-1/reply", body) for _ in range(5)))
        assert [status for status, _ in found] == [202] * 5
        world.working.set()
        await settled(world, window, found[0])
        assert (await window.post("cases/K-1/reply", body))[0] == 200
        assert (await window.get("board"))[0] == 200
        while (await world.store.snapshot(world.conversation("p"))).waiting_events:  # type: ignore[union-attr]
            await asyncio.sleep(0)
        lines = await world.store.transcript(world.conversation("p"), 0, 50)
        assert len([line for line in lines if isinstance(line.entry.body, Wrote)]) == 1


async def settled(world: DeskWorld, window: Window, answer: tuple[int, Any]) -> None:
    """Ask about an act that was still at work until it is done."""
    status, body = answer
    while status == 202:
        await world.store.wait("change", 0.05)
        status, _ = await window.get(f"acts/{body['request']}")
    assert status == 200


async def test_a_close_repeated_after_a_lost_answer_gets_the_first_answer(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    body = {"outcome": "referral", "request": secrets.token_hex(16)}
    first = await window.post("cases/K-1/close", body)
    assert first[0] == 200
    assert await window.post("cases/K-1/close", body) == first


async def test_a_request_id_cannot_be_used_for_something_else(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    request = secrets.token_hex(16)
    await window.post("cases/K-1/claim", {"request": request})
    assert (await window.post("cases/K-1/release", {"request": request}))[0] == 422


async def test_a_slow_worker_is_told_and_asked_about_later():
    async with open_desk(patience=0.05) as world:
        window = await world.staff("mariam")
        await world.ask("p", "K-1")
        world.working.clear()
        await world.idle()
        request = secrets.token_hex(16)
        status, body = await window.post("cases/K-1/claim", {"request": request})
        assert (status, body) == (202, {"code": "working", "request": request})
        assert (await window.get(f"acts/{request}"))[0] == 202
        world.working.set()
        await settled(world, window, (status, body))


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("reply", {"text": ""}, "empty"),
        ("reply", {"text": " \n\t"}, "empty"),
        ("reply", {"text": "\x00\x07"}, "empty"),
        ("reply", {"text": "x" * (LONGEST_TEXT + 1)}, "too_long"),
        ("reply", {"text": 5}, "malformed"),
        ("note", {}, "malformed"),
        ("close", {}, "malformed"),
        ("close", {"outcome": "won"}, "malformed"),
        ("release", {"request": "short"}, "malformed"),
        ("release", {"request": "x" * 500}, "malformed"),
        ("release", {"request": ["x"]}, "malformed"),
        ("release", {"seen": "1"}, "malformed"),
        ("release", {"seen": True}, "malformed"),
        ("release", {"seen": -1}, "malformed"),
    ],
)
async def test_bad_bodies_change_nothing(world: DeskWorld, verb, body, code):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    before = await window.get("cases/K-1")
    status, answer = await window.post(f"cases/K-1/{verb}", body)
    assert (status, answer["code"]) == (422, code)
    assert await window.get("cases/K-1") == before


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b'{"text": "\\ud800"}', b"\xff\xfe", b"x" * 200_000])
async def test_bodies_that_are_no_object_change_nothing(world: DeskWorld, raw):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    url = f"{world.base}/desk/api/cases/K-1/claim"
    async with window.http.post(url, data=raw, headers=window.headers()) as answer:
        assert answer.status == 422
    assert (await window.get("cases/K-1"))[1]["card"]["state"] == "waiting"


async def test_words_that_look_like_codes_are_words(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    for text in ("empty", "too_long", "malformed", "a\r\nb"):
        assert (await window.post("cases/K-1/reply", {"text": text}))[0] == 200
    _, view = await window.get("cases/K-1")
    assert texts(view)[-4:] == ["empty", "too_long", "malformed", "a\nb"]


async def test_unknown_verbs_are_absent(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    for verb in ("erase", "read", "Claim", "delete"):
        assert (await window.post(f"cases/K-1/{verb}"))[0] == 404


async def test_the_queue_is_shown_in_its_own_order(world: DeskWorld):
    window = await world.staff("mariam", "ru")
    queue: list[tuple[str, Urgency, str]] = [
        ("K-1", "normal", "ru"), ("K-2", "normal", "bg"), ("K-3", "clock", "ru"), ("K-4", "safety", "ar")
    ]  # fmt: skip
    for number, urgency, language in queue:
        await world.ask(number, number, urgency=urgency, language=language)
        world.fake.advance(1000)
    _, board = await window.get("board")
    assert [(card["number"], card["letters"], card["mine_to_speak"]) for card in board["waiting"]] == [
        ("K-4", "ع", False), ("K-3", "ру", True), ("K-1", "ру", True), ("K-2", "бг", False)
    ]  # fmt: skip


async def test_failed_deliveries_say_why(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    await window.post("cases/K-1/reply", {"text": "hello"})
    world.working.clear()
    await world.deliver("The person blocked the bot.")
    _, view = await window.get("cases/K-1")
    assert (view["lines"][-1]["delivery"], view["lines"][-1]["reason"]) == ("failed", "The person blocked the bot.")


async def test_every_kind_of_message_has_words(world: DeskWorld):
    window = await world.staff("mariam")
    for content in (
        Choice(token="t1", label="Housing"),
        Media(kind="photo", ref="r", caption="my letter"),
        Location(latitude=52.5, longitude=13.4),
        SharedContact(phone="+49301234", name="Amal"),
        Unknown(kind="poll"),
    ):
        await world.talk("p", content)
    await world.ask("p", "K-1")
    _, view = await window.get("cases/K-1")
    assert [(line["kind"], line.get("text", "")) for line in view["lines"][:5]] == [
        ("choice", "Housing"), ("media", "my letter"), ("location", ""), ("contact", "Amal +49301234"), ("unknown", "")
    ]  # fmt: skip
    assert view["lines"][2]["detail"]["place"] == "52.50000, 13.40000"


async def test_a_long_conversation_is_read_page_by_page(world: DeskWorld):
    window = await world.staff("mariam")
    for n in range(PAGE // 50 + 1):
        await world.talk("p", f"question {n}", *(f"answer {n}.{m}" for m in range(59)))
    await world.ask("p", "K-1")
    _, view = await window.get("cases/K-1")
    seen = view["lines"]
    assert len(seen) == PAGE
    while view["earlier"]:
        _, view = await window.get(f"cases/K-1?before={seen[0]['seq']}")
        assert len(view["lines"]) <= PAGE
        seen = view["lines"] + seen
    lines = await world.store.transcript(world.conversation("p"), 0, 1000)
    assert [line["seq"] for line in seen] == [line.seq for line in lines]
    assert (await window.get("cases/K-1?before=nonsense"))[0] == 200


async def test_a_store_that_is_away_is_a_503_and_the_same_press_works_later(world: DeskWorld, monkeypatch):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")

    async def away(arrivals, now):
        raise StoreUnavailable("the disk is full")

    ingest = world.store.ingest
    monkeypatch.setattr(world.store, "ingest", away)
    body = {"request": secrets.token_hex(16)}
    assert await window.post("cases/K-1/claim", body) == (503, {"code": "store"})
    monkeypatch.setattr(world.store, "ingest", ingest)
    assert (await window.post("cases/K-1/claim", body))[0] == 200


async def test_while_the_store_is_away_every_door_says_so(world: DeskWorld, monkeypatch):
    window = await world.staff("mariam")

    async def away(kind, key, now):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.store, "get", away)
    for path in ("/desk", "/desk/sign-in", "/desk/live", "/desk/api/board", "/desk/api/cases/K-1"):
        async with window.http.get(world.base + path, headers=window.headers()) as answer:
            assert answer.status == 503
            assert "disk" not in await answer.text()


HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>\u202e"


async def test_hostile_words_stay_words_in_json_and_pages(world: DeskWorld):
    window = await world.staff("mariam", name="<b>&amp;Mariam")
    await world.ask("p", "K-1", said=HOSTILE, name=HOSTILE[:60], note=HOSTILE)
    async with window.http.get(f"{world.base}/desk/api/cases/K-1") as answer:
        assert answer.content_type == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (await answer.json())["lines"][0]["text"] == HOSTILE
    page = await (await window.http.get(f"{world.base}/desk")).text()
    assert "&lt;b&gt;&amp;amp;Mariam" in page
    assert "<b>" not in page
    token = await world.window().form()
    assert token
    form = {"login": '"><script>alert(1)</script>', "password": "x", "token": "x"}
    async with window.http.post(f"{world.base}/desk/sign-in", data=form, headers=window.headers()) as answer:
        assert "<script>alert" not in await answer.text()


async def test_every_answer_carries_the_headers(world: DeskWorld):
    window = await world.staff("mariam")
    for path in (
        "/desk",
        "/desk/sign-in",
        "/desk/api/board",
        "/desk/api/cases/K-9",
        "/desk/static/desk.js",
        "/nowhere",
    ):
        async with window.http.get(world.base + path, allow_redirects=False) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


async def test_static_files_come_by_name_and_are_asked_for_once(world: DeskWorld):
    window = world.window()
    async with window.http.get(f"{world.base}/desk/static/desk.css") as answer:
        assert (answer.status, answer.content_type) == (200, "text/css")
        tag = answer.headers["ETag"]
    async with window.http.get(f"{world.base}/desk/static/desk.css", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    for name in ("desk.py", "..%2Fdesk.py", ".", "nothing.js"):
        assert (await window.http.get(f"{world.base}/desk/static/{name}")).status == 404


async def test_the_person_heard_is_shown_even_when_nobody_named_them(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    _, view = await window.get("cases/K-1")
    assert view["person"] == ""
    lines = await world.store.transcript(world.conversation("p"), 0, 10)
    assert isinstance(lines[0].entry.body, Heard)
