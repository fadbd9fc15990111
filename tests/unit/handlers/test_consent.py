"""Nobody of the team reads along before the person agreed, danger apart; what was agreed to can be shown later."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from core.capabilities import CAPABILITIES
from core.events import Claim, Reopen
from core.messages import Choice, Say, Start, Text
from core.records import Entry, Marked, Wrote
from flows import consent
from flows.effects import QueueFacts
from flows.program import Program, option_token
from flows.run import Run
from flows.texts import TEXTS
from flows.word_checks import split_words
from handlers.simulator import Simulator
from handoff.access import consent_of, may, may_reopen
from handoff.accounts import Account
from handoff.case import WITHDRAWN, Case
from handoff.conversation import dump, labels
from handoff.roles import Role
from i18n.plain import fold
from tests.fakes.bots import BERLIN, MINI, codes, copy_bot, loaded, mini, program
from tests.unit.handlers.conftest import HOUR, MONDAY

LANGUAGES = ("ar", "bg", "en", "ru")
YES = option_token("human", "queue", "yes")
Sources = Callable[[list[Entry]], list[str]]


@pytest.fixture(scope="module")
def berlin() -> Program:
    return program(BERLIN)


def asked(bot: Program, language: str = "en", channel: str = "telegram") -> Simulator:
    """Return somebody who asked for a human and now reads the question."""
    talk = Simulator(bot, CAPABILITIES["telegram"], now=MONDAY, channel=channel)
    state = talk.conversation
    state.flow.language, state.flow.language_chosen = language, True
    talk.state = dump(state)
    for content in (
        Start(),
        Choice(token=option_token("main", "menu", "human")),
        Choice(token=option_token("human", "begin", "skip")),
    ):
        talk.send(content)
    return talk


def said(talk: Simulator, text: str) -> list[Entry]:
    return talk.send(Text(text=text))


def seen_by_the_desk(talk: Simulator) -> Case | None:
    """Return the case, unless the bot still asks: the desk shows no such case."""
    case = talk.conversation.case
    return None if case is None or case.state == "intake" else case


def marks(talk: Simulator) -> list[Marked]:
    return [entry.body for entry in talk.transcript if isinstance(entry.body, Marked)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", ["нет", "не", "no", "لا", "nein", "да", "yes", "نعم", "ja", "👍"])
def test_yes_and_no_are_read_in_every_language_whatever_the_person_s_own(
    berlin: Program, sources: Sources, language: str, word: str
) -> None:
    talk = asked(berlin, language)
    agreed = word in {"да", "yes", "نعم", "ja", "👍"}
    first = sources(said(talk, word))[0]
    assert first == ("human.queue" if agreed else "streetwork.consent_refused")
    assert (talk.conversation.case is not None) == agreed
    answer = talk.conversation.flow.consents[-1]
    assert (answer.given, answer.language, answer.at) == (agreed, language, MONDAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_no_case_and_no_label_before_the_answer(berlin: Program, language: str) -> None:
    talk = asked(berlin, language)
    assert seen_by_the_desk(talk) is None
    said(talk, "…")
    assert seen_by_the_desk(talk) is None
    assert not {"waiting", "active"} & {label.name for label in labels(talk.conversation)}
    case = talk.conversation.case
    roles: tuple[tuple[Role, ...], ...] = (("counsellor",), ("lead",), ("counsellor", "lead"))
    for role in roles:
        account = Account(id="anna", login="anna", name="Anna", roles=role)
        assert case is None or not may(account, "read", case)
    assert not [mark for mark in marks(talk) if mark.kind == "waiting"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["telegram", "viber", "whatsapp", "webchat"])
def test_the_question_names_who_reads_how_long_and_other_ways(berlin: Program, language: str, channel: str) -> None:
    talk = asked(berlin, language, channel)
    shown = "\n".join(
        entry.body.message.text
        for entry in talk.transcript
        if isinstance(entry.body, Wrote) and isinstance(entry.body.message, Say)
        if entry.body.source == "streetwork.consent"
    )
    team = berlin.spec.team
    contact = berlin.translator.text(language, "team.contact", team.contact).text
    for needed in (team.privacy, team.imprint, team.name, contact, "90"):
        assert needed in shown, needed
    company = {"telegram": "Telegram", "viber": "Viber", "whatsapp": "WhatsApp"}.get(channel)
    assert (company is not None) == any(name in shown for name in ("Telegram", "Viber", "WhatsApp"))
    assert company is None or company in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "word", "command"),
    [("consent", 0, "withdraw"), ("privacy", 0, "mydata"), ("privacy", 1, "withdraw"), ("privacy", 2, "delete"),
     ("consent_withdrawn", 0, "delete"), ("data_rights", 0, "withdraw"), ("data_rights", 1, "delete")],
)  # fmt: skip
def test_every_word_that_people_are_told_to_write_does_what_is_said(
    berlin: Program, language: str, text: str, word: int, command: str
) -> None:
    shown = berlin.translator.text(language, f"streetwork.{text}", TEXTS[text]).text
    quoted = re.findall(r"[“„«]([^”“»]+)[”“»]", shown)
    assert berlin.words[language][fold(quoted[word])] == command


def test_the_answer_is_kept_with_the_version_of_the_text_and_in_the_transcript(berlin: Program) -> None:
    talk = asked(berlin, "bg")
    run = Run(berlin, talk.conversation.flow, talk.env().flow)
    talk.press(YES)
    kept = talk.conversation.flow.consents[-1]
    assert kept.version == consent.version(run, "bg")
    assert kept.version != consent.version(run, "ru")
    assert Marked(kind="consent", detail={"version": kept.version, "language": "bg"}) in marks(talk)


@pytest.mark.parametrize("part", ["name", "imprint", "privacy", "contact"])
def test_who_agreed_to_another_text_is_asked_again(berlin: Program, sources: Sources, part: str) -> None:
    talk = asked(berlin)
    talk.press(YES)
    talk.desk(Claim())
    said(talk, "stop")
    team = berlin.spec.team.model_copy(update={part: "https://example.org/other"})
    talk.program = replace(berlin, spec=berlin.spec.model_copy(update={"team": team}), buttons={}, filled={})
    said(talk, "human")
    assert sources(said(talk, "skip")) == ["streetwork.consent"]
    talk.program = berlin
    said(talk, "menu")
    said(talk, "human")
    assert sources(said(talk, "skip")) == ["human.queue"]


def test_a_yes_to_a_text_that_changed_meanwhile_counts_for_nothing(berlin: Program, sources: Sources) -> None:
    talk = asked(berlin)
    team = berlin.spec.team.model_copy(update={"privacy": "https://example.org/new"})
    talk.program = replace(berlin, spec=berlin.spec.model_copy(update={"team": team}), buttons={}, filled={})
    assert sources(talk.press(YES)) == ["streetwork.consent"]
    assert seen_by_the_desk(talk) is None
    assert talk.conversation.flow.consents == []
    assert sources(talk.press(YES)) == ["human.queue"]


def test_another_language_does_not_ask_again(berlin: Program, sources: Sources) -> None:
    talk = asked(berlin, "ru")
    talk.press(YES)
    talk.desk(Claim())
    said(talk, "stop")
    said(talk, "English")
    said(talk, "human")
    assert sources(said(talk, "skip"))[0].startswith("human.queue")


def test_an_old_button_of_the_question_opens_nothing(berlin: Program, sources: Sources) -> None:
    talk = asked(berlin)
    said(talk, "no")
    assert sources(talk.press(YES)) == ["streetwork.stale_choice", "main.menu"]
    assert talk.conversation.case is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("claimed", [False, True])
def test_withdrawing_ends_the_case_and_tells_both_sides(
    berlin: Program, sources: Sources, language: str, claimed: bool
) -> None:
    talk = asked(berlin, language)
    talk.press(YES)
    if claimed:
        talk.desk(Claim())
    before = talk.epoch
    words = berlin.spec.commands["withdraw"].words
    word = split_words(berlin.translator.text(language, "commands.withdraw.words", words).text)[0]
    assert sources(said(talk, word)) == ["streetwork.consent_withdrawn", "goodbye.more"]
    state = talk.conversation
    assert state.case is None
    assert state.earlier is not None
    assert state.earlier.outcome == WITHDRAWN
    assert talk.epoch == before + 1
    assert {"consent_withdrawn", "left"} <= {mark.kind for mark in marks(talk)}
    assert state.flow.consents[-1].withdrawn == MONDAY
    assert not state.flow.consents[-1].holds


def test_withdrawing_also_ends_a_case_that_needed_no_consent(berlin: Program, sources: Sources) -> None:
    talk = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY, channel="telegram")
    said(talk, "I want to kill myself")
    assert talk.conversation.case is not None
    assert talk.conversation.flow.consents == []
    assert sources(said(talk, "withdraw"))[0] == "streetwork.consent_withdrawn"
    assert talk.conversation.case is None


def test_danger_ends_the_question_and_its_reminder(berlin: Program, sources: Sources) -> None:
    talk = asked(berlin)
    said(talk, "I want to kill myself")
    assert talk.conversation.case is not None
    assert talk.conversation.case.urgency == "safety"
    assert sources(said(talk, "no")) != ["streetwork.consent_refused"]
    assert sources(talk.pass_time(2 * HOUR)) == []
    assert talk.conversation.case is not None


def test_nobody_speaks_the_language(
    berlin: Program, sources: Sources, texts: Callable[[list[Entry]], list[str]]
) -> None:
    talk = asked(berlin, "bg")
    said(talk, "menu")

    def ask(spoken: frozenset[str] | None) -> list[Entry]:
        talk.queue_facts = QueueFacts(before=0, spoken=spoken)
        said(talk, "menu")
        talk.press(option_token("main", "menu", "human"))
        return talk.press(option_token("human", "begin", "skip"))

    entries = ask(frozenset({"ru", "ar", "de"}))
    assert sources(entries) == ["streetwork.nobody_speaks", "streetwork.consent"]
    assert "العربية, Русский" in texts(entries)[0]
    assert sources(ask(frozenset({"bg"}))) == ["streetwork.consent"]
    assert sources(ask(None)) == ["streetwork.consent"]
    assert sources(ask(frozenset())) == ["streetwork.nobody_speaks_any", "streetwork.consent"]
    talk.queue_facts = QueueFacts(before=0, spoken=frozenset({"ru"}))
    assert sources(said(talk, "Русский")) == ["streetwork.consent"]
    assert talk.conversation.flow.language == "ru"


def test_only_the_newest_answers_are_kept(berlin: Program) -> None:
    talk = asked(berlin)
    for _ in range(consent.MOST_KEPT + 3):
        said(talk, "no")
        said(talk, "human")
        said(talk, "skip")
    assert len(talk.conversation.flow.consents) == consent.MOST_KEPT


def test_a_bot_that_asks_must_have_a_word_to_withdraw(tmp_path: Path) -> None:
    bot = copy_bot(MINI, tmp_path)
    file = bot / "bot.yaml"
    file.write_text(file.read_text("utf-8").partition("\nconsent:")[0] + "\n", encoding="utf-8")
    assert "E607" in codes(loaded(bot))
    file.write_text(
        file.read_text("utf-8") + "  withdraw:\n    words: withdraw\n    action: withdraw\n", encoding="utf-8"
    )
    assert "E607" not in codes(loaded(bot))


def test_not_to_ask_needs_a_legal_ground(tmp_path: Path) -> None:
    found = loaded(mini(tmp_path, {("bot.yaml", "  because: These tests are about other things.\n"): ""}))
    assert found.program is None
    assert any("legal ground" in one.message for one in found.findings)


def test_the_card_says_where_consent_stands_and_a_withdrawn_case_is_never_taken_up_again(berlin: Program) -> None:
    talk = asked(berlin)
    said(talk, "I want to kill myself")
    assert consent_of(talk.conversation) == "without"
    talk = asked(berlin)
    said(talk, "no")
    assert consent_of(talk.conversation) == "refused"
    talk = asked(berlin)
    talk.press(YES)
    assert consent_of(talk.conversation) == "given"
    talk.desk(Claim())
    said(talk, "withdraw")
    assert consent_of(talk.conversation) == "withdrawn"
    earlier = talk.conversation.earlier
    assert earlier is not None
    account = Account(id="anna", login="anna", name="Anna", roles=("counsellor",), created=0)
    assert not may_reopen(account, earlier)
    assert may_reopen(account, changed(earlier, outcome="left"))
    talk.desk(Reopen())
    assert talk.outcome is not None
    assert (talk.outcome.ok, talk.outcome.code) == (False, "no_case")
    assert talk.conversation.case is None
