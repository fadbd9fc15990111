"""Danger, stop and erasing at the worst moments: in a flood, over each other, while a human writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.events import Claim, Close, ConsoleActed, EraseContact, Received, Reply, TimerFired
from core.messages import Choice, Edited, Inbound, Media, Start, Text, Unsubscribed
from core.records import Marked
from flows.program import option_token
from handlers.casework import TAKE_BACK
from handlers.simulator import Simulator
from handlers.turn import dead_turn
from tests.unit.handlers.conftest import HOUR

DANGER = "I want to kill myself"
HELP = ["crisis.suicide", "streetwork.crisis_human"]


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def at(talk: Simulator, *words: str) -> Simulator:
    talk.send(Start())
    for word in words:
        say(talk, word)
    return talk


def marks(entries) -> list[str]:
    return [entry.body.kind for entry in entries if isinstance(entry.body, Marked)]


# -- danger ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [Text(text=DANGER), Edited(of="1", text=DANGER), Media(kind="photo", ref="x", caption=DANGER)],
)
@pytest.mark.parametrize("words", [(), ("form",), ("human",), ("stop",), ("pause",), ("delete",)])
def test_danger_is_heard_wherever_and_however_it_is_said(talk, sources, content, words):
    at(talk, *words)
    said = talk.send(content)
    assert sources(said)[:2] == HELP
    assert said[0].author == "person"
    assert talk.conversation.case.urgency == "safety"
    assert not any(source.startswith("faq.") for source in sources(said))


def test_danger_does_not_make_the_next_yes_erase_everything_unasked(talk, sources):
    at(talk, "delete")
    assert sources(say(talk, DANGER)) == [*HELP, "streetwork.erase_ask"]
    assert sources(say(talk, "no")) == ["streetwork.erase_kept", "main.menu"]
    assert talk.conversation.case is not None


def test_danger_while_waiting_for_a_human_does_not_repeat_when_offices_open(talk, sources):
    at(talk, "human")
    assert sources(say(talk, DANGER)) == HELP
    assert talk.conversation.case.note == "Colour –; crisis: suicide"
    say(talk, DANGER)
    assert talk.conversation.case.note == "Colour –; crisis: suicide"


def test_danger_in_an_edit_goes_to_the_human_who_writes(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    assert sources(talk.send(Edited(of="1", text=DANGER))) == ["crisis.suicide"]
    assert talk.conversation.case.urgency == "safety"


def test_who_came_in_danger_is_told_who_we_are_when_the_human_leaves(talk, sources):
    say(talk, DANGER)
    talk.desk(Claim())
    assert sources(talk.desk(Close())) == ["streetwork.closed", "welcome.hello", "main.menu"]


# -- erasing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "gone"), [("Yes, erase everything", True), ("no, keep it!", False), ("2", False)])
def test_the_labels_of_the_question_are_understood(talk, typed, gone):
    at(talk, "delete")
    say(talk, typed)
    assert talk.erased == gone


def test_a_yes_to_a_reminder_erases_nothing(talk, sources):
    at(talk, "form", "delete")
    assert sources(talk.pass_time(21 * HOUR)) == ["form.plz.timeout.1"]
    say(talk, "yes")
    assert not talk.erased


def test_a_yes_to_a_counsellor_erases_nothing(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    assert sources(say(talk, "delete")) == ["streetwork.erase_ask"]
    talk.desk(Reply(text="Shall I call you?"))
    assert sources(talk.pass_time(TAKE_BACK)) == ["reply"]
    assert sources(say(talk, "yes")) == []
    assert not talk.erased


@pytest.mark.parametrize("content", [Start(), Choice(token=option_token("main", "menu", "ask"))])
def test_going_on_elsewhere_takes_the_question_back(talk, content):
    at(talk, "delete")
    talk.send(content)
    assert not talk.conversation.confirm_erase
    say(talk, "1")
    assert not talk.erased


def test_erasing_while_a_human_writes_ends_the_case_and_their_microphone(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    epoch = talk.epoch
    say(talk, "delete")
    assert sources(say(talk, "yes")) == ["streetwork.erased"]
    assert talk.erased
    assert talk.epoch == epoch + 1
    assert talk.conversation.case is None


def test_the_desk_learns_that_an_erasure_worked(talk, sources):
    at(talk, "human")
    assert sources(talk.desk(EraseContact())) == ["streetwork.erased"]
    assert talk.erased
    assert talk.outcome is not None
    assert talk.outcome.ok


# -- stop -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [False, True])
def test_stop_ends_the_case_as_left_and_the_team_sees_it(talk, sources, claimed):
    at(talk, "human")
    if claimed:
        talk.desk(Claim())
    said = say(talk, "stop")
    assert sources(said) == ["streetwork.stopped"]
    assert marks(said) == ["left"]
    assert talk.conversation.case is None
    assert talk.conversation.earlier.outcome == "left"
    talk.desk(Close(), actor="anna")
    assert talk.outcome.code == "no_case"


def test_what_the_bot_had_under_way_is_dropped_by_stop(talk):
    at(talk)
    epoch = talk.epoch
    say(talk, "stop")
    assert talk.epoch == epoch + 1


def test_privacy_and_delete_work_where_words_are_refused(talk, sources):
    at(talk, "form", "01067")
    assert sources(say(talk, "privacy")) == ["streetwork.privacy", "form.children"]
    assert sources(say(talk, "delete")) == ["streetwork.erase_ask"]


# -- floods -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [Start(), Edited(of="1", text="x"), Choice(token="o:x"), Text(text="x")])
def test_a_flood_of_anything_gets_one_polite_word(talk, sources, content):
    at(talk)
    said = [source for _ in range(80) for source in sources(talk.send(content))]
    assert said.count("streetwork.slow_down") == 1
    assert said[-1] == "streetwork.slow_down"
    assert sources(say(talk, "stop")) == ["streetwork.stopped"]


def test_a_steady_writer_is_never_told_to_slow_down(talk, sources):
    at(talk)
    for _ in range(200):
        talk.pass_time(2_000)
        assert "streetwork.slow_down" not in sources(say(talk, "menu"))


# -- dead letters -----------------------------------------------------------------------------------------------


def poisoned(talk: Simulator, event):
    talk.turn += 1
    return talk.apply(dead_turn(talk.program, talk.conversation, event, talk.env(), "ValueError at x.py:1"))


def heard(text: str, *, group: bool = False) -> Received:
    return Received(message=Inbound(content=Text(text=text), group=group))


def test_a_message_that_breaks_the_program_gets_a_word_and_a_human_and_the_next_one_proceeds(talk, sources):
    at(talk)
    said = poisoned(talk, heard("poison"))
    assert sources(said) == ["streetwork.something_broke"]
    assert marks(said) == ["dead_letter", "waiting"]
    assert talk.conversation.case.urgency == "clock"
    assert sources(say(talk, "menu")) == ["main.menu"]


def test_a_broken_message_is_not_talked_about_while_a_human_writes(talk, sources):
    at(talk, "human")
    talk.desk(Claim())
    said = poisoned(talk, heard("poison"))
    assert sources(said) == []
    assert marks(said) == ["dead_letter", "urgent"]


def test_a_broken_act_of_the_desk_is_told_to_the_desk_alone(talk, sources):
    at(talk, "human")
    assert sources(poisoned(talk, ConsoleActed(actor="anna", action=Claim()))) == []
    assert talk.outcome is not None
    assert talk.outcome.code == "broken"


def test_a_broken_message_of_a_group_opens_no_case(talk, sources):
    assert sources(poisoned(talk, heard("poison", group=True))) == []
    assert talk.conversation.case is None


def test_who_said_stop_is_not_told_that_a_timer_broke(talk, sources):
    at(talk, "stop")
    assert sources(poisoned(talk, TimerFired(name="wait", data="1:0"))) == []
    assert talk.conversation.case is None


def test_even_a_program_that_cannot_speak_lays_the_event_aside(talk):
    at(talk, "form")
    dumb = replace(talk.program, texts={})
    talk.turn += 1
    commit = dead_turn(dumb, talk.conversation, heard("x"), talk.env(), "KeyError at x.py:1")
    assert commit.dead is not None
    assert commit.state == talk.state
    assert commit.expires is not None


# -- groups -----------------------------------------------------------------------------------------------------


def test_a_group_that_removes_the_bot_is_not_written_to(talk, sources):
    gone = Received(message=Inbound(content=Unsubscribed(), group=True))
    assert sources(talk.handle(gone)) == []
