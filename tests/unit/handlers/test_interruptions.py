"""Somebody else gets the word in the middle of a question: another flow, a human, silence. The question lives on."""

from __future__ import annotations

from datetime import date

import pytest

from core.events import Claim, Close, Release, SendFailed
from core.ids import EntryId
from core.messages import Choice, Start, Text, Unsubscribed
from flows.loader import load
from flows.program import option_token
from handlers.simulator import Simulator
from tests.fakes.bots import change, copy_bot
from tests.unit.handlers.conftest import FOLDER, HOUR


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def at(talk: Simulator, *words: str) -> Simulator:
    """Begin, and say these words one after the other."""
    talk.send(Start())
    for word in words:
        say(talk, word)
    return talk


def stack(talk: Simulator) -> list[str]:
    return [f"{frame.flow}.{frame.step}" for frame in talk.conversation.flow.frames]


# -- flows over flows ------------------------------------------------------------------------------------------


def test_the_reminders_of_an_interrupted_question_live_again(talk, sources):
    at(talk, "form")
    talk.pass_time(HOUR)
    say(talk, "language")
    assert sources(say(talk, "English")) == ["form.plz"]
    assert sources(talk.pass_time(19 * HOUR)) == []
    assert sources(talk.pass_time(2 * HOUR)) == ["form.plz.timeout.1"]
    assert sources(talk.pass_time(60 * HOUR)) == ["form.late", "main.formed", "main.menu"]


def test_the_same_command_again_and_again_stays_one_interruption(talk, sources):
    at(talk, "form")
    for _ in range(40):
        talk.pass_time(2_000)
        assert sources(say(talk, "language")) == ["tongue.pick"]
    assert stack(talk) == ["main.form", "form.plz", "tongue.pick"]
    assert sources(say(talk, "English")) == ["form.plz"]


def test_back_leaves_an_interruption_for_the_question_below_it(talk, sources):
    at(talk, "form", "language")
    assert sources(say(talk, "back")) == ["form.plz"]
    assert stack(talk) == ["main.form", "form.plz"]
    assert sources(talk.pass_time(21 * HOUR)) == ["form.plz.timeout.1"]


def test_the_button_of_the_interrupted_question_answers_it(talk, sources):
    at(talk, "form", "language")
    assert sources(talk.press(option_token("form", "plz", "skip"))) == ["form.children"]
    assert stack(talk) == ["main.form", "form.children"]


def test_an_old_language_button_changes_the_language_and_nothing_else(talk, sources):
    at(talk, "language", "English", "form")
    assert sources(talk.press(option_token("tongue", "pick", "ru"))) == ["form.plz"]
    assert talk.conversation.flow.language == "ru"
    assert stack(talk) == ["main.form", "form.plz"]


@pytest.mark.parametrize("late", [False, True])
def test_a_pause_that_was_interrupted_ends_all_the_same(talk, sources, late):
    at(talk, "pause", "language")
    if late:
        talk.pass_time(3 * HOUR)
    say(talk, "English")
    assert sources(talk.pass_time(0 if late else 3 * HOUR)) == ["main.paused", "main.menu"]


def test_a_call_that_ends_during_an_interruption_is_not_lost(talk, sources, texts):
    at(talk, "lookup", "language")
    assert sources(talk.give_back(talk.calls[0].id, {"answer": "RED", "more": "x"})) == []
    assert stack(talk) == ["main.lookup", "tongue.pick"]
    assert texts(say(talk, "English"))[0] == "Found: RED"


def test_a_call_that_never_ends_fails_also_after_an_interruption(talk, sources):
    at(talk, "lookup", "language")
    talk.pass_time(HOUR)
    say(talk, "English")
    assert sources(talk.pass_time(0)) == ["main.lookup_failed", "main.menu"]


def test_a_change_of_language_is_never_met_with_silence(talk, sources):
    at(talk, "pause")
    assert sources(say(talk, "русский")) == ["streetwork.language_changed"]
    say(talk, "language")
    assert sources(say(talk, "English")) == ["streetwork.language_changed"]
    at(talk, "human")
    assert sources(say(talk, "русский")) == ["main.human"]


def test_a_flow_that_ends_without_a_word_leads_home(talk, sources):
    at(talk)
    say(talk, "stop")
    assert sources(say(talk, "language")) == ["tongue.pick"]
    assert sources(say(talk, "English")) == ["main.menu"]


# -- humans between ----------------------------------------------------------------------------------------------


def test_a_case_that_ends_while_the_person_chooses_a_language_leaves_nobody_waiting(talk, sources):
    at(talk, "human", "language")
    talk.desk(Claim())
    assert sources(talk.desk(Close(outcome="other"))) == ["streetwork.closed", "main.menu"]
    assert stack(talk) == ["main.menu"]


def test_the_question_that_was_open_when_a_human_took_over_has_its_reminders_again(talk, sources):
    at(talk, "human", "form")
    talk.press(option_token("main", "menu", "form"))
    talk.desk(Claim())
    assert talk.timers == {}
    talk.pass_time(100 * HOUR)
    assert sources(talk.desk(Close(outcome="other"))) == ["streetwork.closed", "form.plz"]
    assert sources(talk.pass_time(21 * HOUR)) == ["form.plz.timeout.1"]


def test_words_of_patience_go_on_when_a_case_goes_back_into_the_queue(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    talk.pass_time(HOUR)
    assert sources(talk.desk(Release())) == ["streetwork.released"]
    assert sources(talk.pass_time(20 * HOUR)) == ["main.human.no_answer"]


def test_a_call_that_ends_while_a_human_writes_waits_for_its_turn(talk, sources, texts):
    at(talk, "human")
    talk.press(option_token("main", "menu", "lookup"))
    talk.desk(Claim())
    assert sources(talk.give_back(talk.calls[0].id, {"answer": "RED"})) == []
    said = talk.desk(Close(outcome="other"))
    assert sources(said) == ["streetwork.closed", "main.looked", "main.menu"]
    assert texts(said)[1] == "Found: RED"


def test_old_buttons_work_while_a_human_is_awaited_and_the_end_of_the_case_repeats_the_question(talk, sources):
    at(talk, "human")
    assert sources(talk.press(option_token("main", "menu", "colour"))) == ["main.colour"]
    talk.desk(Claim())
    assert sources(talk.desk(Close(outcome="other"))) == ["streetwork.closed", "main.colour"]


# -- nobody there ------------------------------------------------------------------------------------------------


def test_who_unblocks_the_bot_has_their_reminders_again(talk, sources):
    at(talk, "form")
    talk.send(Unsubscribed())
    talk.pass_time(100 * HOUR)
    say(talk, "hm")
    assert sources(talk.pass_time(21 * HOUR)) == ["form.plz.timeout.1"]


def test_a_case_closed_while_nobody_could_be_reached_holds_nobody_in_the_queue(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    talk.handle(SendFailed(entry_id=EntryId("x"), reason="blocked", blocked=True))
    assert sources(talk.desk(Close(outcome="other"))) == []
    assert sources(say(talk, "zzzz qqqq")) == ["streetwork.come_back"]
    assert sources(say(talk, "zzzz qqqq")) == ["streetwork.not_understood", "main.menu"]


def test_a_failed_reply_is_shown_and_puts_the_ball_with_the_team(talk):
    at(talk, "human")
    talk.desk(Claim())
    say(talk, "thanks")
    case = talk.conversation.case
    talk.state = talk.state.replace(b'"touched"', b'"ours":false,"touched"')
    assert not talk.conversation.case.ours
    said = talk.handle(SendFailed(entry_id=EntryId("x"), reason="the person blocked the bot", blocked=True))
    assert [entry.body.kind for entry in said] == ["not_delivered", "unreachable"]
    assert said[0].body.detail == {"reason": "the person blocked the bot"}
    assert talk.conversation.case.ours
    assert talk.conversation.case.number == case.number
    again = talk.handle(SendFailed(entry_id=EntryId("y"), reason="the person blocked the bot", blocked=True))
    assert [entry.body.kind for entry in again] == ["not_delivered"]


# -- the number of an option ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "wanted"), [("1", "faq.leave"), ("٢", "faq.wage"), ("2.", "faq.wage")])
def test_offered_questions_are_chosen_by_number(talk, sources, typed, wanted):
    at(talk, "ask")
    assert sources(say(talk, "how much")) == ["streetwork.faq_did_you_mean"]
    assert sources(say(talk, typed)) == [wanted]


def test_of_two_lists_in_one_turn_a_number_means_the_later(talk, sources):
    assert sources(say(talk, "how much")) == ["welcome.hello", "main.menu", "streetwork.faq_did_you_mean"]
    assert sources(say(talk, "2")) == ["faq.wage"]


@pytest.mark.parametrize(("typed", "wanted"), [("yes", "main.menu"), ("да", "main.menu"), ("no", "main.human")])
def test_did_this_help_is_answered_with_a_word(talk, sources, typed, wanted):
    at(talk, "ask", "What is the minimum wage?")
    assert sources(say(talk, typed)) == [wanted]


def test_a_reminder_asks_whether_it_helped_only_where_there_was_an_answer(talk, sources, tmp_path):
    bot = copy_bot(FOLDER, tmp_path)
    timeout = "    timeout:\n      - after: 1h\n        say: Still there?\n      - after: 2h\n        say: And now?\n"
    change(bot, "main.yaml", "    not_helped: human\n", "    not_helped: human\n" + timeout)
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
    talk.program = found.program
    at(talk, "ask")
    reminded = talk.pass_time(HOUR)
    assert (sources(reminded), reminded[0].body.message.options) == (["main.question.timeout.1"], ())
    say(talk, "What is the minimum wage?")
    assert len(talk.pass_time(HOUR)[0].body.message.options) == 2


def test_without_an_answer_before_yes_is_a_question(talk, sources):
    at(talk, "ask")
    assert sources(say(talk, "yes")) == ["streetwork.faq_unknown"]


def test_a_pressed_button_of_nobody_is_explained_while_a_pause_runs(talk, sources):
    at(talk, "pause")
    assert sources(talk.send(Choice(token="o:none"))) == ["streetwork.stale_choice"]
