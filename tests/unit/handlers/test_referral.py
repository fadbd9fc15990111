"""The verb ``referral`` in a conversation: what it asks, what it keeps, and what people abroad see everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Start, Text
from core.records import Wrote
from flows.effects import Env, SayText, Understood
from flows.faq import Match
from flows.program import Program, option_token
from flows.run import Run
from flows.state import State
from handlers.simulator import Simulator
from tests.fakes.bots import BERLIN, change, codes, copy_bot, loaded, program

NOW = int(datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp() * 1000)


@lru_cache(maxsize=1)
def berlin() -> Program:
    return program(BERLIN)


def talk_in(language: str = "en") -> Simulator:
    talk = Simulator(berlin(), CAPABILITIES["telegram"], now=NOW, locale=language)
    talk.send(Start())
    return talk


def texts(entries) -> list[str]:
    return [e.body.message.text for e in entries if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)]


def tokens(talk: Simulator) -> set[str]:
    return {option.token for option in talk.options}


def press(talk: Simulator, flow: str, step: str, option: str) -> list[str]:
    return texts(talk.press(option_token(flow, step, option)))


def test_where_somebody_lives_is_asked_once_and_can_be_corrected():
    talk = talk_in()
    press(talk, "main", "menu", "centres")
    assert "Where do you live?" in press(talk, "referral", "topic", "first_steps")[0]
    assert "Welcome Center Pankow" in texts(talk.send(Text(text="Pankow")))[0]
    assert talk.conversation.flow.contact == {"district": "pankow", "stage": "here"}
    press(talk, "main", "menu", "centres")
    assert "Welcome Center Pankow" in press(talk, "referral", "topic", "first_steps")[0]
    assert "Where do you live?" in press(talk, "referral", "first_steps", "other")[0]
    assert "Which district" in press(talk, "referral", "first_steps", "districts")[0]
    assert option_token("referral", "first_steps", "spandau") in tokens(talk)
    press(talk, "referral", "first_steps", "spandau")
    assert talk.conversation.flow.contact["district"] == "spandau"


def test_skipping_names_centres_and_keeps_nothing():
    talk = talk_in()
    press(talk, "main", "menu", "centres")
    press(talk, "referral", "topic", "housing")
    assert "the nearest first" in press(talk, "referral", "housing", "skip")[0]
    assert talk.conversation.flow.contact == {}


def test_a_word_of_danger_comes_before_the_answer_where():
    talk = talk_in()
    press(talk, "main", "menu", "centres")
    press(talk, "referral", "topic", "housing")
    assert "112" in texts(talk.send(Text(text="he has a knife")))[0]


@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
def test_an_old_button_of_an_office_leads_people_abroad_to_those_who_help_from_there(language):
    talk = talk_in(language)
    press(talk, "main", "menu", "residence")
    press(talk, "residence", "menu", "abroad")
    for centre in ("welcome_centre", "clearing_office", "lea", "bema"):
        said = press(talk, "", "faq", centre)
        offered = {talk.program.tokens[token][2] for token in tokens(talk)} - {"human", "menu"}
        assert len(said) == 1, centre
        assert offered, centre
        assert offered <= set(talk.program.shelf_abroad.centres), centre


def test_pages_and_answers_leave_out_what_people_abroad_cannot_visit():
    talk = talk_in()
    press(talk, "main", "menu", "residence")
    press(talk, "residence", "menu", "abroad")
    shown: set[str] = set()
    for topic in talk.program.shelf.topics:
        talk.press(option_token("", "pages", f"centres:{topic}:1"))
        shown |= {talk.program.tokens[token][2] for token in tokens(talk)}
    for entry in talk.program.faq_entries:
        talk.press(option_token("", "faq", entry))
        shown |= {talk.program.tokens[token][2] for token in tokens(talk) if token in talk.program.tokens}
    assert shown & set(talk.program.shelf.centres) <= set(talk.program.shelf_abroad.centres)
    assert "hotline_working" in shown


@pytest.mark.parametrize(
    ("stage", "order"),
    [
        ("here", ["family_insured", "bema", "opportunity_card", "human"]),
        ("abroad", ["opportunity_card", "family_insured", "human"]),
    ],
)
def test_what_is_written_for_people_abroad_is_offered_first_to_them(stage, order):
    matches = tuple(Match(id=name, score=0.3) for name in ("family_insured", "bema", "opportunity_card"))
    heard = Understood(text="card", language="en", matches=matches)
    env = Env(now=NOW, prefix="c/1/1", understood={("card", "en"): heard})
    run = Run(berlin(), State(language="en", contact={"stage": stage}), env)
    assert run.search("card")
    said = next(effect.message for effect in run.effects if isinstance(effect, SayText))
    assert [run.program.tokens[option.token][2] for option in said.options] == order


def test_from_abroad_back_to_here():
    talk = talk_in()
    press(talk, "main", "menu", "residence")
    press(talk, "residence", "menu", "abroad")
    press(talk, "residence", "menu", "questions")
    assert "Lorenzweg" in press(talk, "", "faq", "bema")[0]


def test_what_is_kept_must_be_declared_and_the_topics_must_exist(tmp_path):
    bot = copy_bot(BERLIN, tmp_path)
    change(bot, "referral.yaml", "referral: [health]", "referral: [helth]")
    assert "E206" in codes(loaded(bot))
    bot = copy_bot(BERLIN, tmp_path / "2")
    change(bot, "bot.yaml", "  district:\n    type: choice\n", "")
    assert "E204" in codes(loaded(bot))


def test_an_address_without_its_district_is_told(tmp_path):
    bot = copy_bot(BERLIN, tmp_path)
    assert "H519" not in codes(loaded(bot), levels="H")
    change(
        bot,
        "centres.yaml",
        "  address: Lorenzweg 5, 12099 Berlin\n  district: tempelhof_schoeneberg\n",
        "  address: Lorenzweg 5, 12099 Berlin\n",
    )
    assert "H519" in codes(loaded(bot), levels="H")


def test_then_may_lead_into_another_flow(tmp_path):
    """``residence.away`` goes on at ``abroad.questions``; the checker follows it there."""
    assert not {"W301", "W306"} & set(codes(loaded(copy_bot(BERLIN, tmp_path))))
