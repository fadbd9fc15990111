"""The handover card: what was asked, what the bot answered, what was said to the human, and nothing of before."""

from __future__ import annotations

from msgspec.structs import replace

from core.ids import EntryId
from core.messages import Choice, Content, Inbound, Media, Say, Text
from core.records import Author, Body, Entry, Heard, Line, Marked, Noted, Wrote
from flows.state import Consent
from handoff.card import BotAnswer, handover
from handoff.cases import open_case
from tests.fakes.desk_world import DeskWorld


def line(seq: int, at: int, author: Author, body: Body) -> Line:
    return Line(seq=seq, entry=Entry(id=EntryId(f"c/1/{seq}/0"), at=at, author=author, body=body))


def said(seq: int, at: int, content: Content | str) -> Line:
    message = Inbound(content=Text(text=content) if isinstance(content, str) else content)
    return line(seq, at, "person", Heard(message=message))


def told(seq: int, at: int, source: str, text: str) -> Line:
    return line(seq, at, "bot", Wrote(message=Say(text=text), source=source))


LINES = [
    said(1, 10, "of last year"),
    told(2, 11, "faq.old", "Old answer"),
    said(3, 100, "my boss does not pay"),
    told(4, 101, "faq.wages_unpaid", "Unpaid wages\nYou can claim them."),
    told(5, 102, "main.menu", "What can I do?"),
    said(51, 102, "/start"),
    said(52, 102, Choice(token="l:ar", label="العربية")),
    said(6, 103, Choice(token="o:x", label="Talk to a human")),
    said(7, 200, "it is about November"),
    said(8, 201, Media(kind="photo", ref="r", caption="the letter")),
    line(9, 202, "counsellor", Noted(text="secret")),
    line(10, 203, "system", Marked(kind="waiting")),
    said(11, 999, "after the claim"),
]


def test_the_card_tells_the_story_between_its_marks():
    case = open_case(number="K-1", queue="q", language="ar", urgency="normal", note="", now=200)
    case = replace(case, bot_from=50, claimed=300, topic="work", deadline="2027-03-12")
    consents = [Consent(version="a", language="ar", at=5, given=True, withdrawn=6), Consent(version="b", language="ar",
                at=7, given=True)]  # fmt: skip
    card = handover(case, LINES, consents)
    assert card.asked == ["my boss does not pay", "Talk to a human"]
    assert card.bot_answers == [BotAnswer(id="wages_unpaid", title="Unpaid wages")]
    assert card.said == ["it is about November", "the letter"]
    assert (card.deadline, card.language, card.topic) == ("2027-03-12", "ar", "work")
    assert [(one.version, one.state) for one in card.consents] == [("a", "withdrawn"), ("b", "given")]


def test_a_long_story_is_cut_to_its_newest_part():
    case = open_case(number="K-1", queue="q", language="ar", urgency="normal", note="", now=500)
    lines = [said(n, n, "x" * 9_000) for n in range(1, 400)]
    card = handover(case, lines, [])
    assert len(card.asked) == 12
    assert max(map(len, card.asked)) == 300


async def test_the_card_is_there_however_long_they_talked_since(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    await world.talk("p", "my boss does not pay", "Ask me")
    world.fake.advance(1000)
    await world.ask("p", "K-1", said="human please")
    world.fake.advance(1000)
    await window.post("cases/K-1/claim")
    for n in range(450):
        world.fake.advance(1000)
        await world.talk("p", f"line {n}")
    _, view = await window.get("cases/K-1")
    assert len(view["lines"]) == 200
    assert view["handover"]["asked"] == ["my boss does not pay"]
    assert view["handover"]["said"] == ["human please"]
    _, older = await window.get(f"cases/K-1?before={view['lines'][0]['seq']}")
    assert older["handover"] is None
