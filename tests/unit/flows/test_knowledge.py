"""Answers, rumours and centres as files: each mistake is told with its line, and what is right can be found."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.fakes.bots import BERLIN, TODAY, codes, copy_bot, lines, loaded, mini, program

RUMOUR = """\
myth:
  topic: work
  title: No paper, no pay
  claim: Without a paper contract you get no wage.
  truth: The claim exists, the proof matters.
  since: 2024-03
  share: You have a claim without paper too. Collect messages and photos.
  entry: contract
  source: https://example.org/myth
  certainty: B
  checked: 2026-06-01
  review_by: 2027-06-01
"""
CENTRE = """\
office:
  name: Advice office
  what: Labour law.
  topics: [work]
  languages: [ar, en]
  phone: 030 123456
  source: https://example.org/office
  certainty: B
  checked: 2026-06-01
  review_by: 2027-06-01
"""


def bot_with(folder: Path, *, rumours: str = RUMOUR, centres: str = CENTRE, examples: str = "") -> Path:
    bot = mini(folder)
    (bot / "rumours.yaml").write_text(rumours, encoding="utf-8")
    (bot / "centres.yaml").write_text(centres, encoding="utf-8")
    for language in ("en", "ar"):
        more = f"\nmyth: |\n  no paper {language}\n  nothing written {language}\n"
        more += f"office: |\n  where is the office {language}\n  advice near me {language}\n{examples}"
        with (bot / "examples" / f"{language}.yaml").open("a", encoding="utf-8") as file:
            file.write(more)
    return bot


def test_rumours_and_centres_are_found_by_their_own_words_and_by_examples(tmp_path):
    bot = program(bot_with(tmp_path))
    assert bot.faq.search("Without a paper contract no wage?", "en", 1)[0].id == "myth"
    assert bot.faq.search("nothing written ar", "ar", 1)[0].id == "myth"
    assert bot.faq.search("advice office", "en", 1)[0].id == "office"
    assert bot.faq_topics["office"] == "work"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("topic: work", "topic: wrok", "E206", 2),
        ("entry: contract", "entry: contrakt", "E217", 8),
        ("since: 2024-03", "since: 2024-13", "E106", 6),
        ("since: 2024-03", "since: 2024-02-30", "E106", 6),
        ("source: https://example.org/myth", "source: http://example.org", "E106", 9),
        ("source: https://example.org/myth", "source: []", "E106", 9),
        ("certainty: B", "certainty: C\n  status: reviewed\n  reviewed: 2026-06-01\n  reviewed_by: x", "E106", None),
        ("certainty: B", "certainty: B\n  status: reviewed", "E106", None),
        ("share: You", "share: One. Two. You", "H514", 7),
        ("checked: 2026-06-01", "checked: 2027-01-01", "W511", 11),
        ("review_by: 2027-06-01", "review_by: 2026-06-30", "W511", 12),
        ("truth: ", "thruth: ", "E104", 5),
    ],
)
def test_a_mistake_in_a_rumour_is_told_with_its_line(tmp_path, old, new, code, line):
    result = loaded(bot_with(tmp_path, rumours=RUMOUR.replace(old, new, 1)))
    assert code in codes(result, levels="EWH")
    if line is not None:
        assert ("rumours.yaml", line) in lines(result, code)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("topics: [work]", "topics: [wrok]", "E206"),
        ("certainty: B", "certainty: C", "E106"),
        ("certainty: B", "certainty: B\n  phone_certainty: C", "E106"),
        ("  phone: 030 123456\n", "", "E106"),
        ("phone: 030", "fallback: nobody\n  phone: 030", "E217"),
        ("phone: 030", "fallback: office\n  phone: 030", "E113"),
        ("phone: 030", "valid_until: 2026-06-30\n  phone: 030", "W513"),
        ("phone: 030", "district: atlantis\n  phone: 030", "E106"),
    ],
)
def test_a_mistake_in_a_centre_is_told(tmp_path, old, new, code):
    assert code in codes(loaded(bot_with(tmp_path, centres=CENTRE.replace(old, new, 1))))


def test_an_id_may_stand_once_only_over_all_kinds(tmp_path):
    bot = bot_with(tmp_path, centres=CENTRE.replace("office:", "unpaid:", 1))
    assert ("centres.yaml", 1) in lines(loaded(bot), "E111")


def test_examples_of_nothing_and_doubles_are_told(tmp_path):
    bot = bot_with(tmp_path, examples="unpayd: |\n  a b c\ncontract_2: |\n  Where is the office EN!\n")
    result = loaded(bot)
    assert "E217" in codes(result)
    told = [one for one in result.findings if one.code == "W517"]
    assert [one.message for one in told] == ["“Where is the office EN!” is under “office” already"]
    near = next(one for one in result.findings if one.code == "E217" and "unpayd" in one.message)
    assert near.suggestion == "unpaid"


def test_few_examples_are_a_hint_with_the_languages(tmp_path):
    bot = mini(tmp_path)
    (bot / "examples" / "ar.yaml").unlink()
    hints = [one.message for one in loaded(bot).findings if one.code == "H510"]
    assert hints == [f"“{name}” has fewer than two example questions in ar" for name in ("unpaid", "contract")]


def test_an_entry_needs_an_answer_or_steps_and_real_centres(tmp_path):
    bot = mini(tmp_path, {("faq/work.yaml", "    answer: A spoken contract counts too.\n"): ""})
    assert codes(loaded(bot))[0] == "E106"
    bot = mini(
        tmp_path / "2",
        {("faq/work.yaml", "too.\n"): "too.\n    centres: [nobody]\n    next:\n      label: Go\n      goto: x\n"},
    )
    assert {"E217", "E201"} <= set(codes(loaded(bot)))


def test_an_answer_to_danger_stands_once_and_must_exist(tmp_path):
    bot = mini(tmp_path, {("faq/work.yaml", "    answer: A spoken contract counts too.\n"): "    danger: nobody\n"})
    assert "E217" in codes(loaded(bot))
    berlin = program(BERLIN)
    entry = berlin.faq_entries["no_home_tonight"]
    assert entry.danger == "no_shelter"
    assert entry.answer is None
    assert entry.steps is None


# -- the shipped bot ---------------------------------------------------------------------------------------


def test_one_of_each_kind_is_shipped_in_every_language():
    bot = program(BERLIN)
    for language in (*bot.languages, *bot.spec.languages.desk):
        for kind, name, part, spec in (
            ("faq", "no_insurance", "steps", bot.faq_entries["no_insurance"]),
            ("rumours", "buy_registration", "truth", bot.shelf.rumours["buy_registration"]),
            ("centres", "clearing_office", "what", bot.shelf.centres["clearing_office"]),
        ):
            found = bot.translator.text(language, f"{kind}.{name}.{part}", getattr(spec, part))
            assert not found.fell_back, (language, name)


# -- the shelf ---------------------------------------------------------------------------------------------


def test_a_centre_that_ended_is_replaced_and_never_shown(tmp_path):
    centres = CENTRE.replace("phone:", "valid_until: 2026-07-01\n  fallback: other\n  phone:") + CENTRE.replace(
        "office:", "other:", 1
    )
    shelf = program(bot_with(tmp_path, centres=centres)).shelf
    assert shelf.things("centres", ("work",), TODAY) == ("office", "other")
    assert shelf.things("centres", ("work",), date(2026, 7, 2)) == ("other",)
    assert shelf.present("office", date(2026, 7, 2)) == "other"


def test_a_centre_that_ended_without_a_successor_is_nowhere(tmp_path):
    centres = CENTRE.replace("phone:", "valid_until: 2026-07-01\n  phone:")
    shelf = program(bot_with(tmp_path, centres=centres)).shelf
    assert shelf.present("office", date(2026, 7, 2)) is None
    assert shelf.things("centres", ("work",), date(2026, 7, 2)) == ()


def test_the_staff_language_is_loaded_but_not_offered(tmp_path):
    bot = program(copy_bot(BERLIN, tmp_path))
    assert "de" not in bot.languages
    assert bot.translator.text("de", "topics.health", "Health").text == "Gesundheit"


def test_a_whole_answer_that_is_no_single_message_is_told(tmp_path):
    """WhatsApp shows 1,024 signs above buttons; the question, the source and the notes count too."""
    long = "\n".join(f"      {'word ' * 36}" for _ in range(5))
    bot = copy_bot(BERLIN, tmp_path)
    path = bot / "faq" / "health.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("    steps: |\n"), text.index("    source:")
    path.write_text(text[:start] + f"    steps: |\n{long}\n" + text[end:], encoding="utf-8")
    told = [one for one in loaded(bot).findings if one.code == "W402" and one.file.endswith("health.yaml")]
    assert any("the whole answer is too long for one message on whatsapp in en" in one.message for one in told)
