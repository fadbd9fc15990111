"""Small print of a turn: values of the wrong kind, limits, what the commit says about itself."""

from __future__ import annotations

import typing
from datetime import date
from pathlib import Path

import pytest

from core.errors import Refused
from core.events import Claim, Close, ConsoleActed, Received, Release, Reply, ReturnToBot, WriteNote
from core.messages import Inbound, Option, Say, Start, Template, Text
from core.records import Marked, Wrote
from flows.effects import SayText
from flows.inputs import Reason
from flows.loader import load
from flows.program import Program, option_token
from flows.run import Run
from flows.state import Frame, State
from flows.texts import TEXTS
from flows.wording import fill
from handlers.casework import TAKE_BACK
from handlers.simulator import Simulator
from handlers.talk import Talk
from handlers.turn import _Effects
from handoff.cases import act, open_case
from i18n.negotiate import NATIVE_NAMES
from tests.fakes.bots import change, copy_bot
from tests.unit.handlers.conftest import FOLDER, HOUR


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def at(talk: Simulator, *words: str) -> Simulator:
    talk.send(Start())
    for word in words:
        say(talk, word)
    return talk


@pytest.mark.parametrize("reason", typing.get_args(Reason))
def test_every_reason_has_a_sentence_of_its_own(reason):
    assert reason == "choose" or f"invalid_{reason}" in TEXTS
    assert "invalid_choose" in TEXTS


# -- values -----------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(tmp_path: Path) -> Program:
    """The small bot with a variable of each kind."""
    bot = copy_bot(FOLDER, tmp_path)
    change(
        bot,
        "main.yaml",
        "vars:\n  colour: choice\n",
        "vars:\n  colour: choice\n  day: date\n  ok: yes_no\n  n: number\n  tongue: language\n",
    )
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None
    return found.program


def run_of(program: Program, env, language: str = "ru", **values) -> Run:
    state = State(language=language, frames=[Frame(flow="main", step="menu", vars=values)])
    return Run(program, state, env.flow)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ok", True, "Да"),
        ("ok", False, "Нет"),
        ("day", "2026-12-31", "31 декабря 2026\u202fг."),
        ("day", "tomorrow", "tomorrow"),
        ("n", "2.5", "2,5"),
        ("n", 1234567, "1 234 567"),
        ("n", "many", "many"),
        ("n", "NaN", "NaN"),
        ("tongue", "bg", NATIVE_NAMES["bg"]),
    ],
)
def test_values_are_written_for_the_reader_and_never_break_a_text(typed, talk, name, value, shown):
    text = fill(run_of(typed, talk.env(), **{name: value}), "{" + name + "}", "ru")
    assert text.strip("\u2066\u2067\u2068\u2069").replace("\xa0", " ") == shown


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-3", -3), ("--5", "--5"), ("²", "²"), ("٣", "٣"), ("2.5", "2.5"), ("9" * 5000, "9" * 5000)],
)
def test_what_editors_and_hooks_give_as_number_is_one_or_stays_a_text(typed, talk, text, value):
    assert run_of(typed, talk.env()).typed("n", text) == value


def test_the_language_can_be_set_by_a_flow_and_only_to_one_that_is_offered(typed, talk):
    run = run_of(typed, talk.env())
    run.set("contact.language", "xx")
    assert run.language == "ru"
    run.set("contact.language", "en")
    assert (run.language, run.get("contact.language"), run.state.contact) == ("en", "en", {})


def test_what_a_call_passes_is_of_the_kind_of_the_input(talk, sources, tmp_path):
    bot = copy_bot(FOLDER, tmp_path)
    change(bot, "form.yaml", "inputs:\n  topic: text\n", "inputs:\n  topic: text\n  short: yes_no\n")
    change(bot, "form.yaml", "  children:\n    ask:", "  children:\n    when: short is not yes\n    ask:")
    change(bot, "main.yaml", "      topic: rent\n", '      topic: rent\n      short: "yes"\n')
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
    talk.program = found.program
    assert sources(say(at(talk, "form"), "01067")) == ["main.formed", "main.menu"]


def test_a_long_answer_of_a_hook_does_not_swell_the_state(talk):
    at(talk, "lookup")
    talk.give_back(talk.calls[0].id, {"answer": "x" * 60_000, "unknown": "y" * 60_000})
    assert len(talk.state) < 4_000


# -- limits of the desk -----------------------------------------------------------------------------------------


def test_a_long_reply_arrives_whole_and_a_longer_one_is_refused(talk):
    at(talk, "human")
    talk.desk(Claim())
    text = " ".join(f"word{n}" for n in range(1200))
    assert 8_000 < len(text) <= 10_000
    parts = [
        e.body.message.text
        for e in talk.desk(Reply(text=text)) + talk.pass_time(TAKE_BACK)
        if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)
    ]
    assert len(parts) > 1
    assert " ".join(parts) == text
    assert talk.desk(Reply(text="x" * 10_001)) == []
    assert (talk.outcome.code, talk.outcome.detail) == ("too_long", {"most": "10000"})


def test_an_end_on_an_old_view_is_refused_and_a_claim_never_is(talk):
    at(talk, "human")
    say(talk, "more")
    talk.handle(ConsoleActed(actor="anna", action=Claim(), seen_version=1))
    assert talk.outcome.ok
    talk.desk(Reply(text="hello"))
    seen = talk.conversation.case.version
    say(talk, "wait, one thing more")
    for action in (Close(), ReturnToBot()):
        talk.handle(ConsoleActed(actor="anna", action=action, seen_version=seen))
        assert talk.outcome.code == "stale"
    talk.handle(ConsoleActed(actor="anna", action=Close(), seen_version=talk.conversation.case.version))
    assert talk.outcome.ok


def test_only_ends_look_at_the_version():
    case = act(open_case(number="K-1", queue="q", language="en", urgency="normal", note="", now=1), Claim(), "a", 2)
    for action in (Reply(text="x"), WriteNote(text="x")):
        assert act(case, action, "a", 3, 1).version == case.version + 1
    with pytest.raises(Refused, match="stale"):
        act(case, Close(), "a", 3, case.version - 1)


def test_the_end_of_a_case_by_somebody_else_is_refused(talk):
    at(talk, "human")
    talk.desk(Claim(), actor="anna")
    for action in (Close(), ReturnToBot()):
        talk.desk(action, actor="boris")
        assert (talk.outcome.code, talk.outcome.detail) == ("not_owner", {"owner": "anna"})


# -- the commit ---------------------------------------------------------------------------------------------------


def commit_of(talk: Simulator, event):
    talk.turn += 1
    made = talk._decide(event)
    talk.apply(made)
    return made


def test_nothing_expires_while_somebody_waits_and_everything_does_afterwards(talk):
    def heard(text: str):
        return commit_of(talk, Received(message=Inbound(content=Text(text=text))))

    days = 86_400_000
    assert heard("hello").expires == talk.now + 30 * days
    assert heard("human").expires is None
    assert heard("stop").expires == talk.now + 90 * days
    talk.pass_time(HOUR)
    group = commit_of(talk, Received(message=Inbound(content=Text(text="x"), group=True)))
    assert group.expires is not None


def test_a_link_among_buttons_keeps_its_number(talk, program):
    at(talk)
    made = Talk(program, talk.conversation, talk.env())
    options = (Option(token="", label="Page", url="https://example.org"), Option(token="o:b", label="B"))
    made.run.effects.append(SayText(source="x", message=Say(text="x", options=options)))
    assert _Effects(made).shown == ["", "o:b"]


def test_a_new_case_is_told_at_once_that_somebody_reads(talk, sources):
    at(talk, "human")
    assert sources(say(talk, "zzzz qqqq")) == ["streetwork.waiting"]
    talk.desk(Claim())
    talk.desk(Close())
    talk.send(Start())
    say(talk, "human")
    assert sources(say(talk, "zzzz qqqq")) == ["streetwork.waiting"]


def test_what_is_kept_about_a_person_goes_when_its_time_is_over(talk, tmp_path):
    bot = copy_bot(FOLDER, tmp_path)
    change(bot, "main.yaml", "  red:\n    say: Red it is.\n", '  red:\n    set: {contact.city: "{colour}"}\n')
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
    talk.program = found.program
    at(talk, "colour", "red")
    assert talk.conversation.flow.contact == {"city": "red"}
    talk.pass_time(29 * 24 * HOUR)
    say(talk, "stop")
    talk.pass_time(29 * 24 * HOUR)
    assert talk.conversation.flow.contact == {"city": "red"}
    talk.pass_time(2 * 24 * HOUR)
    assert talk.conversation.flow.contact == {}


def test_what_happened_to_a_case_is_written_with_who_and_which_version(talk):
    at(talk, "human")
    case = talk.conversation.case
    marked = [
        (entry.body.kind, entry.actor, entry.body.detail["case"], int(entry.body.detail["version"]))
        for action in (Claim(), Release(), Claim(), Close())
        for entry in talk.desk(action)
        if isinstance(entry.body, Marked)
    ]
    kinds = ("claimed", "released", "claimed", "closed")
    assert marked == [(kind, "anna", case.number, case.version + n) for n, kind in enumerate(kinds, 1)]


def test_a_command_means_the_same_wherever_somebody_stands(talk, sources, tmp_path):
    bot = copy_bot(FOLDER, tmp_path)
    change(bot, "bot.yaml", "    words: menu\n    goto: main.menu\n", "    words: menu\n    goto: main\n")
    change(bot, "form.yaml", "  late:\n    end: expired", "  main:\n    end: expired")
    change(bot, "form.yaml", "        goto: late\n", "        goto: main\n")
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
    talk.program = found.program
    assert sources(say(at(talk, "form"), "menu")) == ["main.menu"]


def test_an_approved_form_carries_the_values_in_the_order_of_the_text(talk: Simulator) -> None:
    talk.send(Text(text="hello"))
    talk.press(option_token("main", "menu", "form"))
    talk.send(Text(text="10115"))
    said = [entry.body.message for entry in talk.send(Text(text="2")) if isinstance(entry.body, Wrote)]
    assert isinstance(said[0], Say)
    assert said[0].template == Template(name="form_done", variables=("10115", "2"))
    assert all(isinstance(one, Say) and one.template is None for one in said[1:])
