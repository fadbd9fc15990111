"""The web chat over a real socket: nothing lost, nothing doubled, nobody sees what is not theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from bots import webchat_socket
from bots.webchat_socket import WINDOW
from core.errors import StoreUnavailable
from core.ids import Millis
from core.messages import Choice, Say, SendLocation, SendMedia, Span, Start, Text
from core.records import Accepted, Arrival, Duplicate, Marked, Noted, Receipt, Wrote
from store.memory import MemoryStore
from tests.fakes.chat_room import Room, line, open_room, say, visitor

FIRST, SECOND = "client-id-0001", "client-id-0002"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened


def unique(ids: Sequence[str]) -> bool:
    return len(ids) == len(set(ids))


# -- coming in -------------------------------------------------------------------------------------------


async def test_a_first_visit_greets_once_in_the_persons_language(room: Room) -> None:
    browser, page = await visitor(room, lang="ar-SY")
    (event,) = room.handled
    assert event.message.content == Start()
    assert event.message.profile.language == "ar-SY"
    assert [(one["who"], one["text"]) for one in page.lines] == [("bot", "welcome")]
    room.clock.advance(120_000)
    again = await room.connect(browser)
    thread = await again.hello()
    assert [one["text"] for one in thread["lines"]] == ["welcome"]
    await again.tell(type="ping")
    await again.until(lambda word: word["type"] == "pong")
    assert await room.work() == 0


async def test_two_pages_opened_at_once_are_greeted_once(room: Room) -> None:
    browser = await room.session()
    pages = [await room.connect(browser) for _ in range(3)]
    for page in pages:
        await page.tell(type="hello")
    for page in pages:
        await page.until(lambda word: word["type"] == "thread")
        await page.tell(type="text", id=f"after-the-start-{pages.index(page)}", text="x")
        await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    assert sum(event.message.content == Start() for event in room.handled) == 1


async def test_a_greeting_that_waits_for_its_turn_is_not_repeated(room: Room) -> None:
    browser = await room.session()
    await (await room.connect(browser)).hello()
    await room.store.wait("turn", 10)
    room.clock.advance(120_000)
    page = await room.connect(browser)
    await page.hello()
    await page.tell(type="text", id=FIRST, text="x")
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    await page.until_text("echo x")
    assert sum(event.message.content == Start() for event in room.handled) == 1


async def test_a_strange_language_is_no_reason_to_fail(room: Room) -> None:
    await visitor(room, lang="<script>")
    assert room.handled[0].message.profile.language is None


async def test_a_message_and_its_answer(room: Room) -> None:
    _, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="مرحبا 👋")
    await page.until(lambda word: word == {"type": "accepted", "id": FIRST})
    await room.work()
    await page.until_text("echo مرحبا 👋")
    mine = next(one for one in page.lines if one["who"] == "person")
    assert (mine["text"], mine["own"]) == ("مرحبا 👋", FIRST)
    assert [one["seq"] for one in page.lines] == sorted(one["seq"] for one in page.lines)


async def test_a_pressed_button_comes_back_with_its_line(room: Room) -> None:
    _, page = await visitor(room)
    (welcome,) = page.lines
    assert [option["label"] for option in welcome["options"]] == ["Yes", "No"]
    await page.tell(type="choice", id=FIRST, token="t2", label="No", of=welcome["id"])
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    await page.until_text("chose No")
    content = room.handled[-1].message.content
    assert content == Choice(token="t2", label="No", of=welcome["id"])
    pressed = next(one for one in page.lines if one["kind" if "kind" in one else "id"] == "choice")
    assert (pressed["token"], pressed["of"], pressed["text"]) == ("t2", welcome["id"], "No")


# -- nothing lost, nothing doubled -----------------------------------------------------------------------


async def test_a_resent_message_is_one_message(room: Room) -> None:
    browser, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="once")
    await page.until(lambda word: word["type"] == "accepted")
    await page.socket.close()
    page = await room.connect(browser)
    await page.hello()
    await page.tell(type="text", id=FIRST, text="once")
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    await page.tell(type="text", id=FIRST, text="once")
    await page.tell(type="text", id=SECOND, text="twice")
    await page.until(lambda word: word["type"] == "accepted" and word["id"] == SECOND)
    await room.work()
    await page.until_text("echo twice")
    assert [e.message.content for e in room.handled[1:]] == [Text(text="once"), Text(text="twice")]
    assert page.texts.count("echo once") == 1


async def test_what_came_while_the_page_was_away_is_shown_in_order(room: Room) -> None:
    browser, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="one")
    await page.until(lambda word: word["type"] == "accepted")
    await page.socket.close()
    await room.work()
    page = await room.connect(browser)
    thread = await page.hello(seen=1)
    assert [one["text"] for one in thread["lines"]] == ["welcome", "one", "echo one"]
    await page.tell(type="text", id=SECOND, text="two")
    await room.work()
    while "echo two" not in page.texts:
        await page.until(lambda word: word["type"] in {"lines", "accepted"})
        await room.work()
    assert unique([one["id"] for one in page.lines])


async def test_a_page_that_was_away_for_long_misses_nothing(room: Room) -> None:
    browser, page = await visitor(room)
    seen = page.lines[-1]["seq"]
    await page.tell(type="text", id=FIRST, text="go")
    await page.until(lambda word: word["type"] == "accepted")
    await page.socket.close()
    many = [f"line {n}" for n in range(2 * WINDOW + 30)]
    await room.think(lambda _: [say(text) for text in many])
    await room.deliver()
    page = await room.connect(browser)
    thread = await page.hello(seen=seen)
    assert [one["text"] for one in thread["lines"]] == ["go", *many]
    newcomer = await room.connect(browser)
    assert [one["text"] for one in (await newcomer.hello())["lines"]] == many[-WINDOW:]


async def test_all_pages_of_a_person_show_the_same(room: Room) -> None:
    browser, page = await visitor(room)
    other = await room.connect(browser)
    await other.hello()
    await page.tell(type="text", id=FIRST, text="hi")
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    for each in (page, other):
        await each.until_text("echo hi")
    assert [one["id"] for one in page.lines] == [one["id"] for one in other.lines]


class Away(MemoryStore):
    """A store that is full when told so."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.refused = asyncio.Event()

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        if self.away:
            self.refused.set()
            raise StoreUnavailable("disk full")
        return await super().ingest(arrivals, now)


async def test_a_full_disk_is_no_acceptance() -> None:
    store = Away()
    async with open_room(store) as room:
        _, page = await visitor(room)
        store.away = True
        await page.tell(type="text", id=FIRST, text="keep me")
        word = await page.until(lambda word: word.get("id") == FIRST)
        assert word["type"] == "later"
        assert word["after"] > 0
        store.away = False
        await page.tell(type="text", id=FIRST, text="keep me")
        await page.until(lambda word: word == {"type": "accepted", "id": FIRST})
        await room.work()
        assert [e.message.content for e in room.handled[1:]] == [Text(text="keep me")]


async def test_a_greeting_that_could_not_be_kept_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat_socket, "STORE_PAUSE", 0.001)
    store = Away()
    async with open_room(store) as room:
        browser = await room.session()
        page = await room.connect(browser)
        store.away = True
        await page.hello()
        await asyncio.wait_for(store.refused.wait(), 10)
        store.away = False
        await room.attend()
        await page.until_text("welcome")


# -- what is seen, and what never ------------------------------------------------------------------------


async def test_notes_marks_and_unsent_lines_are_never_shown(room: Room) -> None:
    browser, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="one")
    await page.until(lambda word: word["type"] == "accepted")
    await room.think(
        lambda _: [
            line("counsellor", Noted(text="secret note"), actor="7"),
            line("system", Marked(kind="claimed", detail={"by": "secret mark"})),
            say("pending for now"),
            line("bot", Wrote(message=Say(text="secret without dispatch"))),
        ]
    )
    await page.until_text("one")
    await page.tell(type="text", id=SECOND, text="two")
    await page.until(lambda word: word.get("id") == SECOND)
    await room.think(lambda _: [])
    await page.until_text("two")
    assert "pending for now" not in page.texts
    await room.deliver()
    await page.until_text("pending for now")
    assert unique([one["id"] for one in page.lines])
    again = await room.connect(browser)
    await again.hello()
    assert again.texts == ["welcome", "one", "pending for now", "two"]
    assert "secret" not in json.dumps(page.words + again.words)


async def test_bot_lines_dropped_by_a_handoff_are_never_shown(room: Room) -> None:
    browser, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="human please")
    await page.until(lambda word: word["type"] == "accepted")
    await room.think(lambda _: [say("stale words of the bot")])
    await page.tell(type="text", id=SECOND, text="hello?")
    await page.until(lambda word: word.get("id") == SECOND)
    answer = line("counsellor", Wrote(message=Say(text="I am here", language="en")), "counsellor", "7")
    await room.think(lambda _: [answer], epoch=1)
    await room.deliver()
    await page.until_text("I am here")
    again = await room.connect(browser)
    await again.hello()
    assert "stale words of the bot" not in page.texts + again.texts
    assert again.texts == ["welcome", "human please", "hello?", "I am here"]


async def test_a_counsellor_is_named() -> None:
    async with open_room(names={"7": "Mariam"}) as room:
        _, page = await visitor(room)
        await page.tell(type="text", id=FIRST, text="hi")
        await page.until(lambda word: word["type"] == "accepted")
        one = line("counsellor", Wrote(message=Say(text="Hello from Mariam")), "counsellor", "7")
        two = line("counsellor", Wrote(message=Say(text="Hello from nobody")), "counsellor", "8")
        await room.think(lambda _: [one, two])
        await room.deliver()
        await page.until_text("Hello from nobody")
        named = {entry["text"]: entry.get("name") for entry in page.lines if entry["who"] == "counsellor"}
        assert named == {"Hello from Mariam": "Mariam", "Hello from nobody": None}


async def test_another_person_sees_nothing_and_confirms_nothing(room: Room) -> None:
    _, page = await visitor(room)
    _, theirs = await visitor(room)
    await page.tell(type="text", id=FIRST, text="my secret")
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    await page.until_text("echo my secret")
    line_id = page.lines[-1]["id"]
    await theirs.tell(type="ack", ids=[line_id], read=True)
    await theirs.tell(type="text", id=FIRST, text="same id, another person")
    await theirs.until(lambda word: word == {"type": "accepted", "id": FIRST})
    await room.work()
    await theirs.until_text("echo same id, another person")
    assert "secret" not in json.dumps(theirs.words)
    (session,) = room.chat._sessions[next(iter(room.chat._sessions))]
    lines = await room.store.transcript(session._person.conversation, 0, 100)
    assert [each.delivery.state for each in lines if each.delivery] == ["sent", "sent"]
    assert session._person.conversation not in json.dumps(page.words)


async def test_formatting_places_and_files_arrive_as_text_with_links(room: Room) -> None:
    _, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="where")
    await page.until(lambda word: word["type"] == "accepted")
    bold = say("See the office", spans=(Span(start=8, end=14, style="bold"),), language="de")
    place = line("bot", Wrote(message=SendLocation(latitude=52.5, longitude=13.4, label="Office")), "bot")
    file = line("bot", Wrote(message=SendMedia(kind="document", ref="https://x.de/a.pdf", name="Form")), "bot")
    await room.think(lambda _: [bold, place, file])
    await room.deliver()
    await page.until_text("Form")
    one, two, three = page.lines[-3:]
    assert one["spans"] == [{"start": 8, "end": 14, "style": "bold", "url": None}]
    assert one["lang"] == "de"
    assert two["text"].startswith("Office\n52.5")
    assert two["spans"][0]["url"].startswith("https://www.openstreetmap.org/")
    assert three["spans"] == [{"start": 0, "end": 4, "style": "link", "url": "https://x.de/a.pdf"}]


async def test_confirmed_lines_become_receipts(room: Room) -> None:
    browser, page = await visitor(room)
    (welcome,) = page.lines
    (conversation,) = room.chat._sessions

    async def state() -> str | None:
        (found,) = [one for one in await room.store.transcript(conversation, 0, 10) if one.delivery]
        return found.delivery.state if found.delivery else None

    for n, (read, expected) in enumerate([(False, "delivered"), (True, "read"), (False, "read")]):
        await page.tell(type="ack", ids=[welcome["id"]], read=read)
        await page.tell(type="text", id=f"in-order-{n}", text="behind the ack")
        await page.until(lambda word: word["type"] == "accepted")
        assert await state() == expected
    again = await room.connect(browser)
    thread = await again.hello()
    assert thread["lines"][0]["state"] == "read"


class Watched(MemoryStore):
    """Notes which receipts come."""

    def __init__(self) -> None:
        super().__init__()
        self.receipts: list[str] = []

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        self.receipts.append(receipt.provider_id)
        await super().receipt(receipt, now)


async def test_only_lines_that_were_shown_can_be_confirmed() -> None:
    store = Watched()
    async with open_room(store) as room:
        _, page = await visitor(room)
        await page.tell(type="text", id=FIRST, text="mine")
        await page.until(lambda word: word["type"] == "accepted")
        await room.work()
        await page.until_text("echo mine")
        shown = [one["id"] for one in page.lines if one["who"] == "bot"]
        mine = [one["id"] for one in page.lines if one["who"] == "person"]
        await page.tell(type="ack", ids=[*shown, *mine, "0/99/0", "1/2/3"], read=True)
        await page.tell(type="ping")
        await page.until(lambda word: word["type"] == "pong")
        (conversation,) = room.chat._sessions
        assert store.receipts == [f"{conversation}/{one}" for one in shown]
