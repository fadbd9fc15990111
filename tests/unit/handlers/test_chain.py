"""The order of the chain is a promise: each link wins where it should, and nothing is ever met with silence."""

from __future__ import annotations

import pytest

from core.events import Claim, Close, Received, Release, Reply, ReturnToBot
from core.messages import Choice, Edited, Inbound, Media, Profile, Start, Text, Unsubscribed
from flows.program import option_token
from handlers.casework import TAKE_BACK
from handlers.simulator import Simulator
from tests.unit.handlers.conftest import HOUR


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def begun(talk: Simulator) -> Simulator:
    talk.send(Start())
    return talk


def test_a_new_person_is_told_first_that_it_is_a_program(talk, sources):
    assert sources(talk.send(Start())) == ["welcome.hello", "main.menu"]


def test_a_first_message_that_is_a_question_is_welcomed_and_answered(talk, sources):
    said = sources(say(talk, "What is the minimum wage?"))
    assert said == ["welcome.hello", "main.menu", "faq.wage"]


@pytest.mark.parametrize("typed", ["2", "2.", "٢", "۲", "Fill in", "fill IN!", "form"])
def test_an_option_is_taken_by_number_label_or_id_in_any_digits(talk, sources, typed):
    begun(talk)
    assert sources(say(talk, typed)) == ["form.plz"]


def test_words_of_an_option_choose_it(talk, sources):
    begun(talk)
    assert sources(say(talk, "paint")) == ["main.colour"]


def test_an_option_wins_over_a_word_that_works_everywhere(talk, sources):
    begun(talk)
    say(talk, "colour")
    assert sources(say(talk, "stop sign")) == ["main.menu"]
    assert not talk.conversation.stopped


def test_stop_always_works_and_nothing_is_sent_until_the_person_writes(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(say(talk, "stop")) == ["streetwork.stopped"]
    assert talk.timers == {}
    assert sources(talk.pass_time(100 * HOUR)) == []
    assert sources(say(talk, "hello there friend"))[-1] == "main.menu"


def test_a_typed_answer_that_does_not_fit_is_asked_again_then_given_up(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(say(talk, "99")) == ["form.plz.invalid"]
    assert sources(say(talk, "98")) == ["streetwork.give_up", "form.children"]


def test_a_sub_flow_gives_its_values_back_with_leading_zeros_kept(talk, texts):
    begun(talk)
    say(talk, "form")
    say(talk, "٠١٠٦٧")
    assert texts(say(talk, "2"))[0] == "Postcode 01067, children 2."


def test_a_step_can_refuse_words_but_never_stop(talk, sources):
    begun(talk)
    say(talk, "form")
    say(talk, "01067")
    assert sources(say(talk, "menu")) == ["streetwork.invalid_not_a_number"]
    assert sources(say(talk, "stop")) == ["streetwork.stopped"]


def test_back_returns_to_the_question_before(talk, sources):
    begun(talk)
    say(talk, "form")
    say(talk, "01067")
    assert sources(say(talk, "1")) == ["main.formed", "main.menu"]
    say(talk, "colour")
    assert sources(say(talk, "back")) == ["main.menu"]


def test_nothing_to_go_back_to_is_said(talk, sources):
    begun(talk)
    assert sources(say(talk, "back")) == ["streetwork.nothing_to_go_back", "main.menu"]


def test_an_old_button_of_a_menu_still_works_and_of_a_question_is_explained(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(talk.press(option_token("main", "menu", "colour"))) == ["main.colour"]
    assert sources(talk.press(option_token("form", "plz", "skip"))) == ["streetwork.stale_choice", "main.colour"]
    assert sources(talk.press("o:nonsense")) == ["streetwork.stale_choice", "main.colour"]


def test_a_reminder_comes_and_the_second_one_leaves(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(talk.pass_time(21 * HOUR)) == ["form.plz.timeout.1"]
    assert sources(talk.pass_time(60 * HOUR)) == ["form.late", "main.formed", "main.menu"]


def test_a_timer_of_an_answered_question_says_nothing(talk, sources):
    begun(talk)
    say(talk, "form")
    stale = dict(talk.timers)
    say(talk, "01067")
    talk.timers = stale
    assert sources(talk.pass_time(21 * HOUR)) == []


def test_a_wait_goes_on_by_the_clock_and_the_person_is_served_meanwhile(talk, sources):
    begun(talk)
    say(talk, "pause")
    assert sources(say(talk, "What is the minimum wage?")) == ["faq.wage"]
    assert sources(talk.pass_time(3 * HOUR)) == ["main.paused", "main.menu"]


def test_a_hook_is_an_effect_and_its_answer_an_event(talk, texts):
    begun(talk)
    say(talk, "colour")
    say(talk, "red")
    assert texts(say(talk, "lookup")) == []
    call = talk.calls[0]
    assert (call.name, call.args) == ("lookup", {"word": "red"})
    assert texts(talk.give_back(call.id, {"answer": "RED"}))[0] == "Found: RED"


def test_a_hook_that_fails_or_hangs_takes_its_branch(talk, sources):
    begun(talk)
    say(talk, "lookup")
    assert sources(talk.give_back(talk.calls[0].id, {}, "TimeoutError")) == ["main.lookup_failed", "main.menu"]
    say(talk, "lookup")
    assert sources(talk.pass_time(HOUR)) == ["main.lookup_failed", "main.menu"]
    assert sources(talk.give_back(talk.calls[0].id, {"answer": "late"})) == []


def test_a_message_that_says_danger_gets_numbers_and_a_human_before_anything_else(talk, sources):
    begun(talk)
    say(talk, "form")
    tries = talk.conversation.flow.wait.tries
    said = say(talk, "I want to kill myself")
    assert sources(said) == ["crisis.suicide", "streetwork.crisis_human", "form.plz"]
    assert talk.conversation.case.urgency == "safety"
    assert talk.conversation.flow.wait.tries == tries
    assert [e.dispatch.kind for e in said if e.dispatch][:2] == ["crisis", "crisis"]


def test_danger_as_the_very_first_message_is_not_delayed_by_a_welcome(talk, sources):
    assert sources(say(talk, "I want to kill myself"))[0] == "crisis.suicide"


def test_a_denied_danger_is_no_crisis(talk, sources):
    begun(talk)
    assert "crisis.suicide" not in sources(say(talk, "no, I do not want to kill myself"))


def test_the_queue_is_told_by_day_and_by_night(talk, texts):
    begun(talk)
    assert texts(say(talk, "human")) == ["A human will come, within one working day."]
    other = begun(Simulator(talk.program, talk.capabilities, now=talk.now + 12 * HOUR))
    assert texts(say(other, "human"))[0].startswith("We open Tuesday")


def test_while_a_case_waits_messages_join_it_and_the_bot_still_serves(talk, sources):
    begun(talk)
    say(talk, "human")
    assert sources(say(talk, "my boss took my passport away from me")) == ["streetwork.waiting"]
    assert sources(say(talk, "and he shouts all day long")) == []
    assert sources(say(talk, "What is the minimum wage?")) == ["faq.wage"]
    assert sources(say(talk, "human")) == ["streetwork.already_waiting"]


def test_the_bot_is_silent_while_a_human_writes(talk, sources, texts):
    begun(talk)
    say(talk, "human")
    epoch = talk.epoch
    assert texts(talk.desk(Claim())) == ["From now on a human writes to you: Anna. The program is silent."]
    assert talk.epoch == epoch + 1
    for content in (Text(text="menu"), Text(text="1"), Choice(token=option_token("main", "menu", "ask")), Start()):
        assert sources(talk.send(content)) == []
    assert sources(talk.pass_time(100 * HOUR)) == []
    assert texts(talk.desk(Reply(text="Hello, I am Anna."))) == []
    assert texts(talk.pass_time(TAKE_BACK)) == ["Hello, I am Anna."]
    assert sources(say(talk, "I want to kill myself")) == ["crisis.suicide"]


def test_after_the_human_the_program_says_that_it_is_one_again(talk, sources):
    begun(talk)
    say(talk, "human")
    talk.desk(Claim())
    assert sources(talk.desk(Close(outcome="first_advice"))) == ["streetwork.closed", "main.menu"]
    over = talk.conversation
    assert over.case is None
    say(talk, "human")
    case = talk.conversation.case
    assert case is not None
    assert case.urgency == "returning"
    talk.desk(Claim())
    assert sources(talk.desk(ReturnToBot())) == ["streetwork.returned", "main.menu"]


def test_only_one_of_two_claims_wins_and_the_loser_learns_who_did(talk):
    begun(talk)
    say(talk, "human")
    talk.desk(Claim(), actor="anna")
    talk.desk(Claim(), actor="boris")
    assert (talk.outcome.ok, talk.outcome.code, talk.outcome.detail) == (
        False,
        "taken",
        {"owner": "anna", "at": str(talk.now)},
    )
    talk.desk(Reply(text="me too"), actor="boris")
    assert talk.outcome.code == "not_owner"


def test_a_released_case_keeps_its_age(talk):
    begun(talk)
    say(talk, "human")
    since = talk.conversation.case.since
    talk.desk(Claim())
    talk.pass_time(HOUR)
    talk.desk(Release())
    assert (talk.conversation.case.state, talk.conversation.case.since) == ("waiting", since)


def test_erasing_asks_once_and_can_be_refused(talk, sources):
    begun(talk)
    assert sources(say(talk, "delete")) == ["streetwork.erase_ask"]
    assert sources(say(talk, "no")) == ["streetwork.erase_kept", "main.menu"]
    say(talk, "delete")
    assert sources(say(talk, "yes")) == ["streetwork.erased"]
    assert talk.erased
    assert talk.conversation.flow.frames == []


def test_a_sticker_where_words_were_asked_is_explained(talk, sources):
    begun(talk)
    assert sources(talk.send(Media(kind="sticker", ref="x"))) == ["streetwork.cannot_read", "main.menu"]
    say(talk, "ask")
    assert sources(talk.send(Media(kind="voice", ref="x"))) == ["streetwork.invalid_need_text"]


def test_nobody_understood_twice_offers_a_human(talk, sources):
    begun(talk)
    assert sources(say(talk, "zzzz qqqq")) == ["streetwork.not_understood", "main.menu"]
    assert sources(say(talk, "xxxx wwww")) == ["streetwork.offer_human"]


def test_a_language_is_changed_by_its_name_at_any_time(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(say(talk, "русский")) == ["form.plz"]
    assert talk.conversation.flow.language == "ru"


def test_a_command_flow_interrupts_and_the_question_comes_back(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(say(talk, "language")) == ["tongue.pick"]
    assert sources(say(talk, "2")) == ["form.plz"]
    assert talk.conversation.flow.language == "ru"


def test_a_flood_is_answered_once_and_danger_in_it_is_still_seen(talk, sources):
    begun(talk)
    said = [source for _ in range(60) for source in sources(say(talk, "zzzz qqqq"))]
    assert said.count("streetwork.slow_down") == 1
    assert sources(say(talk, "kill myself"))[0] == "crisis.suicide"
    talk.pass_time(HOUR)
    assert sources(say(talk, "menu")) == ["main.menu"]


def test_a_blocked_bot_stays_silent_until_the_person_returns(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(talk.send(Unsubscribed())) == []
    assert sources(talk.pass_time(100 * HOUR)) == []
    assert sources(say(talk, "menu")) == ["main.menu"]


def test_an_edited_message_is_never_taken_as_an_answer(talk, sources):
    begun(talk)
    say(talk, "form")
    assert sources(talk.send(Edited(of="1", text="01067"))) == ["streetwork.edited"]
    assert talk.conversation.flow.top.step == "plz"


def test_a_group_gets_a_link_and_nothing_else(talk, sources):
    message = Inbound(content=Text(text="human"), profile=Profile(), group=True)
    assert sources(talk.handle(Received(message=message))) == ["streetwork.group"]
    assert sources(talk.handle(Received(message=message))) == []
    assert talk.conversation.case is None


def test_a_value_switches_at_midnight_in_berlin(program, texts, talk):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    midnight = int(datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
    for offset, value in ((-1, "13.90"), (0, "14.60")):
        person = begun(Simulator(program, talk.capabilities, now=midnight + offset))
        assert value in texts(say(person, "What is the minimum wage?"))[0]


def test_a_timer_of_an_earlier_time_at_the_same_question_says_nothing(talk, sources):
    begun(talk)
    say(talk, "form")
    stale = dict(talk.timers)
    say(talk, "menu")
    say(talk, "form")
    talk.pass_time(HOUR)
    assert talk.timers != stale
    talk.timers = stale
    assert sources(talk.pass_time(20 * HOUR)) == []


@pytest.mark.parametrize("action", [Release(), Close(outcome="other"), ReturnToBot()])
def test_whenever_the_microphone_changes_hands_the_epoch_rises(talk, action):
    begun(talk)
    say(talk, "human")
    talk.desk(Claim())
    epoch = talk.epoch
    talk.desk(action)
    assert talk.epoch == epoch + 1
