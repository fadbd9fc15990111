"""Questions without an answer: counted without words; kept only where the team says so, for a month."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import CAPABILITIES
from core.messages import Text
from flows.effects import Match
from flows.program import Program
from flows.unanswered import KEPT_FOR, Unanswered, counter_of, kept, without_numbers
from handlers.simulator import Simulator
from handoff.conversation import UNANSWERED, labels
from tests.fakes.bots import change, copy_bot, program
from tests.unit.handlers.conftest import FOLDER, MONDAY

QUESTION = "zzzz qqqq wwww 0176 123 45 678"


@pytest.fixture
def keeping(tmp_path) -> Program:
    bot = copy_bot(FOLDER, tmp_path)
    change(bot, "bot.yaml", "home: main.menu", "home: main.menu\nunanswered: keep")
    return program(bot, date(2026, 3, 2))


def asked(bot: Program) -> Simulator:
    talk = Simulator(bot, CAPABILITIES["telegram"], now=MONDAY, locale="en")
    talk.send(Text(text="menu"))
    talk.send(Text(text=QUESTION))
    return talk


def test_by_default_no_word_is_kept(program):
    talk = asked(program)
    assert talk.conversation.unanswered == []
    assert labels(talk.conversation) == ()


def test_where_the_team_keeps_them_a_question_is_kept_without_its_number(keeping):
    talk = asked(keeping)
    (one,) = talk.conversation.unanswered
    assert one.text == "zzzz qqqq wwww …"
    assert one.at == MONDAY
    assert [label.name for label in labels(talk.conversation)] == [UNANSWERED]


def test_it_goes_after_a_month_by_itself_and_with_the_person(keeping):
    talk = asked(keeping)
    talk.pass_time(KEPT_FOR - 1)
    assert talk.conversation.unanswered
    talk.pass_time(2)
    assert talk.conversation.unanswered == []
    assert labels(talk.conversation) == ()
    talk = asked(keeping)
    talk.send(Text(text="delete"))
    talk.send(Text(text="yes"))
    assert talk.erased
    assert talk.conversation.unanswered == []


@pytest.mark.parametrize("number", ["C01X00T47", "L8NP4R7Z1", "AB1234567", "DE12 3456 7890 1234 5678 00", "x@y.de"])
def test_numbers_of_papers_are_left_out(number):
    assert without_numbers(f"my passport {number} is gone") == "my passport … is gone"
    assert without_numbers("Aufenthaltstitel § 24 for 3 years") == "Aufenthaltstitel § 24 for 3 years"


def test_counters_are_enumerated():
    near = (Match(id="wages", score=0.1), Match(id="leave", score=0.09))
    topics = {"wages": "work"}
    assert counter_of("bg", near, topics) == "unanswered.bg.work.wages"
    assert counter_of("bg", near, {}) == "unanswered.bg.other.wages"
    assert counter_of("bg", (Match(id="wages", score=0.01),), topics) == "unanswered.bg.nothing"
    assert counter_of("bg", (), topics) == "unanswered.bg.nothing"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call me +49 (0)176 / 123-45-67 please", "call me … please"),
        ("my passport AB1234567 is gone", "my passport … is gone"),
        ("write to amal@example.org", "write to …"),
        ("see https://example.org/a?b=c now", "see … now"),
        ("I have 2 children and 450 euro", "I have 2 children and 450 euro"),
        ("x" * 1000, "x" * 200),
    ],
)
def test_numbers_and_addresses_are_left_out(text, left):
    assert without_numbers(text) == left


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", ""]), st.integers(0, 2 * KEPT_FOR)), max_size=8))
def test_few_are_kept_the_newest_each_once_and_none_that_is_old(rows):
    now = 2 * KEPT_FOR
    found = kept(
        [Unanswered(text=text, language="en", at=at) for text, at in sorted(rows, key=lambda r: r[1])], (), now
    )
    assert len(found) <= 3
    assert len({one.text for one in found}) == len(found)
    assert all(one.text and now - one.at < KEPT_FOR for one in found)
