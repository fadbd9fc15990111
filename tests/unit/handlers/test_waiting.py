"""Waiting is told truly, ends in one tap, and silence never cancels it. On the shipped bot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.capabilities import CAPABILITIES
from core.events import Claim, Close, Park, Reply, TakeBack, Transfer
from core.messages import Choice, Media, Start, Text
from core.records import Entry
from flows.effects import QueueFacts
from flows.loader import load
from flows.program import Program, option_token
from handlers.casework import SILENCE, TAKE_BACK
from handlers.simulator import Simulator

BERLIN = Path(__file__).parents[3] / "flows" / "berlin"
#: Tuesday, 10:00 in Berlin.
TUESDAY = int(datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp() * 1000)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SAME, BOT = option_token("", "case", "same"), option_token("", "case", "bot")

Said = Callable[[list[Entry]], list[str]]


@pytest.fixture(scope="module")
def berlin() -> Program:
    loaded = load(BERLIN, today=date(2026, 11, 24))
    assert loaded.program is not None
    return loaded.program


@pytest.fixture
def person(berlin: Program) -> Simulator:
    """Somebody at the main menu, in English."""
    talk = Simulator(berlin, CAPABILITIES["webchat"], now=TUESDAY, locale="en")
    talk.send(Start())
    return talk


def say(talk: Simulator, text: str) -> list[Entry]:
    return talk.send(Text(text=text))


def asks(talk: Simulator) -> list[Entry]:
    """Ask for a human, in one's own words instead of a choice, and agree that a human reads along."""
    say(talk, "human")
    say(talk, "it is about my boss")
    return say(talk, "yes")


def waits(talk: Simulator) -> Simulator:
    asks(talk)
    assert talk.conversation.case is not None
    assert talk.conversation.case.state == "waiting"
    return talk


# -- how long ---------------------------------------------------------------------------------------------------


def test_while_too_few_waited_the_promise_is_told(person: Simulator, texts: Said):
    (told,) = texts(asks(person))
    assert "You get an answer here: within one working day." in told
    assert texts(say(person, "how long")) == [
        "You are next. You get an answer here: within one working day. You can close the app."
    ]


def test_what_most_people_waited_becomes_a_moment_in_opening_time(person: Simulator, texts: Said):
    person.queue_facts = QueueFacts(before=3, minutes=500)
    (told,) = texts(asks(person))
    # 10:00 and eight hours twenty of opening time: seven today until 17:00, the rest tomorrow from 09:00.
    assert "most people hear from us by Wednesday 11:00" in told
    (answer,) = texts(say(person, "how long"))
    assert answer.startswith(
        "People before you: 3. You get an answer here: most people hear from us by Wednesday 11:00"
    )


def test_a_number_once_told_never_goes_up_without_a_reason(person: Simulator, texts: Said):
    """I10."""
    person.queue_facts = QueueFacts(before=2)
    waits(person)
    assert texts(say(person, "how long"))[0].startswith("People before you: 2.")
    person.queue_facts = QueueFacts(before=4)
    assert texts(say(person, "how long"))[0].startswith(
        "Somebody more urgent came, so now there are more people before"
    )
    assert texts(say(person, "how long"))[0].startswith("People before you: 4.")
    person.queue_facts = QueueFacts(before=0)
    assert texts(say(person, "how long"))[0].startswith("You are next.")
    person.queue_facts = QueueFacts(before=None)
    assert texts(say(person, "how long"))[0].startswith("More than 100 people are before you.")


def test_who_does_not_wait_is_told_so(person: Simulator, sources: Said):
    assert sources(say(person, "how long")) == ["streetwork.not_waiting"]
    assert sources(say(person, "stop waiting"))[0] == "streetwork.not_waiting"


def test_a_change_of_the_wait_is_told_once_an_hour_at_most_and_only_in_opening_hours(person: Simulator, texts: Said):
    person.queue_facts = QueueFacts(before=3, minutes=120)
    waits(person)  # most people: by 12:00
    assert texts(person.pass_time(59 * MINUTE)) == []
    person.queue_facts = QueueFacts(before=3, minutes=150)
    assert texts(person.pass_time(2 * MINUTE)) == [
        "The waiting time has changed. You get an answer here: most people hear from us by Tuesday 13:00."
    ]
    assert texts(person.pass_time(HOUR)) == []  # nothing changed
    # At 13:00 and later it is late; that is told once.
    assert texts(person.pass_time(2 * HOUR)) == [
        "The waiting time has changed. You get an answer here: it takes longer than usual, we are sorry."
    ]
    person.queue_facts = QueueFacts(before=3, minutes=2000)
    # From 14:01 on something else is true, but at 18:00 nobody is there: it is told when they are.
    person.now += 4 * HOUR
    told = texts(person.pass_time(HOUR))
    assert told == []
    assert any("most people hear from us by" in text for text in texts(person.pass_time(16 * HOUR)))


# -- the way out, and silence ---------------------------------------------------------------------------------------


def test_the_waiting_ends_in_one_tap_and_the_program_goes_on(person: Simulator, sources: Said):
    waits(person)
    token = option_token("", "commands", "stop_waiting")
    assert token in [option.token for option in person.options]
    assert sources(person.send(Choice(token=token)))[0] == "streetwork.stopped_waiting"
    now = person.conversation
    assert (now.case, now.stopped) == (None, False)
    assert now.earlier is not None
    assert now.earlier.outcome == "left"
    assert "look" not in person.timers


def test_silence_in_the_questions_never_cancels(person: Simulator, sources: Said):
    say(person, "human")
    asked = person.conversation.case
    assert asked is not None
    assert (asked.state, asked.since) == ("intake", TUESDAY)
    assert sources(person.pass_time(SILENCE)) == ["streetwork.consent"]
    # Whether a human may read along they say themselves; nobody waits before, and nothing is forgotten.
    person.pass_time(HOUR)
    assert "intake" not in person.timers
    assert sources(say(person, "yes")) == ["human.queue"]
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.number, case.since) == ("waiting", asked.number, TUESDAY)


def test_silence_leads_to_the_queue_of_who_agreed_before(person: Simulator, sources: Said):
    waits(person)
    say(person, "stop waiting")
    say(person, "human")
    assert sources(person.pass_time(SILENCE)) == ["human.queue"]
    assert person.conversation.case is not None
    assert person.conversation.case.state == "waiting"


def test_an_unanswered_question_of_consent_keeps_nothing_for_ever(person: Simulator):
    say(person, "human")
    person.pass_time(SILENCE)
    assert person.conversation.case is not None
    assert person.commit is not None
    assert person.commit.expires is not None


def test_silence_leads_on_where_the_flow_has_no_reminder(person: Simulator, sources: Said):
    say(person, "human")
    del person.timers["wait"]  # as if an editor had written none
    assert sources(person.pass_time(SILENCE)) == ["streetwork.consent"]


def test_who_goes_elsewhere_on_purpose_does_not_wait(person: Simulator):
    say(person, "human")
    say(person, "menu")
    assert person.conversation.case is None
    assert "intake" not in person.timers
    person.pass_time(DAY)
    assert person.conversation.case is None


def test_the_age_counts_from_the_first_wish_and_the_topic_is_known(person: Simulator):
    say(person, "human")
    person.pass_time(5 * MINUTE)
    say(person, "Health")
    person.pass_time(5 * MINUTE)
    say(person, "skip")
    say(person, "yes")
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.since, case.topic) == ("waiting", TUESDAY, "health")


def test_words_of_danger_skip_the_questions(person: Simulator):
    say(person, "human")
    say(person, "I want to kill myself")
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.urgency) == ("waiting", "safety")


# -- coming back ----------------------------------------------------------------------------------------------------


def closed(talk: Simulator) -> Simulator:
    waits(talk)
    talk.desk(Claim())
    talk.desk(Close(outcome="first_advice"))
    talk.send(Choice(token=option_token("goodbye", "more", "finish")))
    assert talk.conversation.case is None
    return talk


def test_who_writes_within_seven_days_chooses_the_same_counsellor(person: Simulator, sources: Said, texts: Said):
    closed(person)
    person.pass_time(6 * DAY)
    before = person.conversation.earlier
    (asked,) = texts(say(person, "the employer has not paid after all"))
    assert "(Anna)" in asked
    came = person.now
    person.pass_time(MINUTE)
    assert sources(person.press(SAME)) == ["streetwork.waiting_again"]
    case = person.conversation.case
    assert case is not None
    assert before is not None
    assert (case.state, case.urgency, case.affinity, case.earlier) == ("waiting", "returning", "anna", before.number)
    assert case.affinity_until > person.now
    assert case.from_at == came, "what they wrote first belongs to the case"
    assert person.conversation.earlier == before, "the old case is left alone"


def test_who_wants_the_program_gets_their_question_answered(person: Simulator, sources: Said):
    closed(person)
    assert sources(say(person, "What is the minimum wage?")) == ["streetwork.come_back"]
    assert sources(say(person, "to the program"))[0].startswith("faq.")
    # Once for each case.
    assert sources(say(person, "What is the minimum wage?"))[0].startswith("faq.")


@pytest.mark.parametrize("content", [Choice(token=option_token("goodbye", "more", "menu")), Text(text="menu"), Start()])
def test_who_goes_on_with_the_program_is_not_asked(person: Simulator, sources: Said, content):
    waits(person)
    person.desk(Claim())
    person.desk(Close(outcome="first_advice"))
    assert "streetwork.come_back" not in sources(person.send(content))


def test_after_seven_days_it_is_a_new_matter(person: Simulator, sources: Said):
    closed(person)
    person.pass_time(7 * DAY + HOUR)
    assert "streetwork.come_back" not in sources(say(person, "my boss again"))
    assert sources(person.press(SAME))[0] == "streetwork.stale_choice"


# -- parked, handed over, taken back ------------------------------------------------------------------------------


def test_a_parked_case_wakes_by_a_word_if_its_owner_is_there(person: Simulator, sources: Said):
    waits(person)
    person.desk(Claim())
    until = person.now + 3 * DAY
    assert sources(person.desk(Park(until=until, promised=True))) == ["streetwork.parked_promised"]
    epoch = person.epoch
    assert sources(person.send(Media(kind="photo", ref="p"))) == []
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.owner, person.epoch) == ("active", "anna", epoch)
    assert "park" not in person.timers


def test_a_parked_case_wakes_into_the_queue_if_its_owner_is_not(person: Simulator, sources: Said):
    waits(person)
    person.desk(Claim())
    person.desk(Park(until=person.now + 3 * DAY))
    epoch = person.epoch
    person.queue_facts = replace(person.queue_facts, owner_ready=False)
    said = sources(say(person, "What is the minimum wage?"))
    assert said[0] == "streetwork.woken_waiting"
    assert said[1].startswith("faq."), "while the queue has the microphone the program serves"
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.owner, case.affinity, person.epoch) == ("waiting", None, "anna", epoch + 1)
    # One working day of eight hours: until the same time tomorrow.
    assert case.affinity_until == person.now + DAY


def test_a_parked_case_wakes_by_itself(person: Simulator):
    waits(person)
    person.desk(Claim())
    person.desk(Park(until=person.now + 3 * DAY))
    person.pass_time(3 * DAY)
    case = person.conversation.case
    assert case is not None
    assert case.state == "active"


def test_an_offer_that_nobody_answers_goes_back(person: Simulator):
    waits(person)
    person.desk(Claim())
    person.desk(Transfer(to="boris", note="speaks Kurdish"))
    person.pass_time(DAY)
    case = person.conversation.case
    assert case is not None
    assert (case.state, case.owner, case.offered_to) == ("active", "anna", None)


def test_replies_go_out_in_order_and_one_taken_back_never_does(person: Simulator, texts: Said):
    waits(person)
    person.desk(Claim())
    assert texts(person.desk(Reply(text="one"))) == []
    first = person.outcome
    assert first is not None
    person.pass_time(2_000)
    person.desk(Reply(text="two"))
    second = person.outcome
    assert second is not None
    assert texts(person.pass_time(TAKE_BACK - 2_000)) == ["one"]
    person.desk(TakeBack(reply=first.detail["reply"]))
    assert person.outcome is not None
    assert person.outcome.code == "too_late"
    assert texts(person.desk(TakeBack(reply=second.detail["reply"]))) == []
    assert texts(person.pass_time(HOUR)) == []
    case = person.conversation.case
    assert case is not None
    assert case.ours


@pytest.mark.parametrize("ending", [Close(outcome="referral"), Park(), Transfer(to="boris", note="x"), "stop"])
def test_what_is_pending_goes_out_before_the_case_leaves_its_hands(person: Simulator, texts: Said, ending):
    waits(person)
    person.desk(Claim())
    person.desk(Reply(text="one"))
    person.desk(Reply(text="two"))
    said = texts(say(person, ending) if isinstance(ending, str) else person.desk(ending))
    assert said[:2] == ["one", "two"]
    assert "one" not in texts(person.pass_time(HOUR))


def test_an_erasure_drops_what_is_pending(person: Simulator, texts: Said):
    waits(person)
    person.desk(Claim())
    person.desk(Reply(text="one"))
    say(person, "delete")
    said = texts(say(person, "yes"))
    assert person.erased
    assert "one" not in said
    assert texts(person.pass_time(HOUR)) == []
