"""Whoever asks gets a copy of their own data: asked for once, sent to them alone, true, and in their language."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import CAPABILITIES
from core.events import Claim, ExportContact, Reply, WriteNote
from core.ids import EntryId
from core.messages import Choice, Inbound, Profile, SendMedia, Start, Text
from core.records import Entry, Heard, Wrote
from flows.program import Program, option_token
from handlers.datacopy import Subject, data_copy
from handlers.mydata import AGAIN, COPY
from handlers.simulator import Simulator
from handoff.conversation import dump
from tests.fakes.bots import BERLIN, program
from tests.unit.handlers.conftest import HOUR, MONDAY

LANGUAGES = ("ar", "bg", "en", "ru")
WORDS = {"ar": "بياناتي", "bg": "моите данни", "en": "my data", "ru": "мои данные"}
Sources = Callable[[list[Entry]], list[str]]
READY = {"ref": "c/1/copy/3", "size": "2000", "name": "my-data.html"}


@pytest.fixture(scope="module")
def berlin() -> Program:
    return program(BERLIN)


def begun(bot: Program, language: str = "en", channel: str = "telegram") -> Simulator:
    talk = Simulator(bot, CAPABILITIES[channel], now=MONDAY, channel=channel)
    state = talk.conversation
    state.flow.language, state.flow.language_chosen = language, True
    talk.state = dump(state)
    talk.send(Start())
    return talk


def page(talk: Simulator, language: str = "en") -> str:
    subject = Subject(
        state=talk.conversation, channel="telegram", peer="4711", expires=None, now=talk.now, language=language
    )
    return data_copy(talk.program, subject, talk.transcript).decode()


def test_what_the_bot_keeps_as_a_code_is_said_in_words(berlin: Program) -> None:
    talk = begun(berlin)
    state = talk.conversation
    state.flow.contact |= {"district": "neukoelln", "stage": "abroad", "postcode": "12043"}
    talk.state = dump(state)
    found = page(talk)
    assert ", district: Neukölln<" in found
    assert ", stage: Still abroad<" in found
    assert ", postcode: 12043<" in found
    state.flow.contact["district"] = "elsewhere"
    talk.state = dump(state)
    assert ", district: Not in Berlin<" in page(talk)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_in_each_language_has_a_copy_made_and_the_file_comes(
    berlin: Program, sources: Sources, language: str
) -> None:
    talk = begun(berlin, language)
    assert sources(talk.send(Text(text=WORDS[language]))) == ["streetwork.mydata_making", "main.menu"]
    assert [(call.name, call.args) for call in talk.calls] == [(COPY, {"language": language})]
    entries = talk.give_back(talk.calls[0].id, READY)
    sent = [entry for entry in entries if isinstance(entry.body, Wrote)]
    assert [entry.body.source for entry in sent if isinstance(entry.body, Wrote)] == ["streetwork.mydata_file"]
    message = sent[0].body.message  # type: ignore[union-attr]
    assert isinstance(message, SendMedia)
    assert (message.ref, message.kind, message.name) == ("c/1/copy/3", "document", "my-data.html")
    assert sent[0].dispatch is not None
    assert sent[0].dispatch.kind == "notice"


def test_where_the_messenger_takes_no_such_file_a_link_stands_for_it(
    berlin: Program, sources: Sources, texts: Callable[[list[Entry]], list[str]]
) -> None:
    talk = begun(berlin, channel="whatsapp")
    talk.send(Text(text="/mydata"))
    said = talk.give_back(talk.calls[0].id, READY | {"link": "https://example.org/mydata/x"})
    assert sources(said) == ["streetwork.mydata_link"]
    assert "https://example.org/mydata/x" in texts(said)[0]
    talk.pass_time(HOUR)
    talk.send(Text(text="/mydata"))
    assert sources(talk.give_back(talk.calls[0].id, READY)) == ["streetwork.mydata_failed"]


def test_a_failed_copy_is_told_and_can_be_asked_for_again_at_once(berlin: Program, sources: Sources) -> None:
    talk = begun(berlin)
    talk.send(Text(text="/mydata"))
    assert sources(talk.give_back(talk.calls[0].id, {}, "slow")) == ["streetwork.mydata_failed"]
    assert sources(talk.send(Text(text="/mydata")))[0] == "streetwork.mydata_making"


def test_a_stuck_key_makes_one_copy(berlin: Program, sources: Sources) -> None:
    talk = begun(berlin)
    talk.send(Text(text="/mydata"))
    for _ in range(5):
        assert sources(talk.send(Text(text="/mydata")))[0] == "streetwork.mydata_soon"
    assert len(talk.calls) == 1
    talk.pass_time(AGAIN)
    assert sources(talk.send(Text(text="/mydata")))[0] == "streetwork.mydata_making"


def test_it_works_while_a_human_writes_and_the_desk_can_do_it_for_them(berlin: Program, sources: Sources) -> None:
    talk = begun(berlin)
    for token in (("main", "menu", "human"), ("human", "begin", "skip"), ("human", "queue", "yes")):
        talk.press(option_token(*token))
    talk.desk(Claim())
    assert sources(talk.send(Text(text="/mydata"))) == ["streetwork.mydata_making"]
    talk.give_back(talk.calls[0].id, READY)
    talk.desk(ExportContact())
    assert talk.outcome is not None
    assert talk.outcome.ok
    assert sources(talk.give_back(talk.calls[0].id, READY)) == ["streetwork.mydata_file"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_it(berlin: Program, language: str) -> None:
    talk = begun(berlin, language)
    talk.send(Text(text="моята история 123"))
    for token in (("main", "menu", "human"), ("human", "begin", "housing"), ("human", "postcode", "skip")):
        talk.press(option_token(*token))
    talk.press(option_token("human", "queue", "yes"))
    talk.desk(Claim())
    talk.desk(WriteNote(text="A note that names others"))
    talk.desk(Reply(text="Good day from Anna"))
    talk.pass_time(HOUR)
    case = talk.conversation.case
    assert case is not None
    shown = page(talk, language)
    consent = talk.conversation.flow.consents[0]
    for needed in (
        "моята история 123",
        "Good day from Anna",
        "4711",
        "Telegram",
        case.number,
        consent.version,
        "housing",
    ):
        assert needed in shown, needed
    assert "A note that names others" not in shown
    assert berlin.spec.team.privacy in shown
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in shown
    notes = berlin.translator.text(language, "streetwork.data_notes", berlin.texts["data_notes"][1]).text
    assert notes.partition("{")[0][:20] in shown
    assert "{" not in shown.partition("</style>")[2]


class Tags(HTMLParser):
    """Collects every tag, and every attribute that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


OURS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "small"}
HOSTILE = st.text() | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</style><img src=x onerror=1>",
        "\u202eabc",
        "=cmd|' /C calc'!A0",
        "\ud800",
        "x" * 9000,
    ]
)


SMALL = program()


@given(text=HOSTILE, name=HOSTILE)
def test_hostile_words_stay_words(text: str, name: str) -> None:
    talk = Simulator(SMALL, CAPABILITIES["telegram"], now=MONDAY)
    heard = Heard(message=Inbound(content=Text(text=text), profile=Profile(name=name or None)))
    pressed = Heard(message=Inbound(content=Choice(token="t", label=text)))
    talk.transcript = [
        Entry(id=EntryId("a/1/1/0"), at=MONDAY, author="person", body=heard),
        Entry(id=EntryId("a/1/2/0"), at=MONDAY, author="person", body=pressed),
    ]
    found = Tags()
    found.feed(page(talk))
    assert found.tags <= OURS
    assert found.attributes <= {"lang", "dir", "charset", "name", "content"}
