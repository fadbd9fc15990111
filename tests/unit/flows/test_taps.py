"""Nothing is further away than four taps, and what no menu leads to is told."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.bots import change, codes, loaded, mini

ENTRY = """
  {name}:
    question: Q {name}
    answer: A spoken word.
    source: https://example.org/x
    certainty: B
    checked: 2026-06-01
    review_by: 2027-06-01
"""


def with_entries(folder: Path, count: int, *, topic: str | None = None, urgent: str = "") -> Path:
    """Return the small bot with more entries, in its topic or in one of their own; telegram has 12 buttons."""
    bot = mini(folder)
    text = "".join(ENTRY.format(name=f"extra_{n}") for n in range(count))
    if urgent:
        text = text.replace(f"  {urgent}:\n", f"  {urgent}:\n    urgent: yes\n")
    if topic is None:
        with (bot / "faq" / "work.yaml").open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        (bot / "faq" / f"{topic}.yaml").write_text(f"topic: {topic}\nlabel: Label\nentries:\n{text}", encoding="utf-8")
    return bot


def told(bot: Path, code: str) -> list[str]:
    return [one.message for one in loaded(bot).findings if one.code == code]


def test_every_entry_of_the_small_bot_is_near(tmp_path):
    result = loaded(mini(tmp_path))
    assert [one for one in result.findings if one.code in {"W306", "W307"}] == []


def test_a_topic_that_no_step_shows_is_told(tmp_path):
    bot = with_entries(tmp_path, 2, topic="other")
    assert told(bot, "W306") == ["no menu leads to “extra_0”", "no menu leads to “extra_1”"]


def test_a_step_that_lets_people_leaf_through_all_mends_it(tmp_path):
    bot = with_entries(tmp_path, 2, topic="other")
    change(bot, "start.yaml", "    other: faq\n", "      all: All -> all\n    other: faq\n")
    with (bot / "start.yaml").open("a", encoding="utf-8") as file:
        file.write("\n  all:\n    browse: Choose.\n")
    assert told(bot, "W306") == []
    assert [code for code in codes(loaded(bot)) if code != "W501"] == []


def test_what_stands_on_the_fourth_page_is_too_far(tmp_path):
    far = told(with_entries(tmp_path, 40), "W307")
    assert far
    assert far[0] == "“extra_25” is 5 taps away from the main menu, 4 are the most"


def test_what_is_urgent_stands_first_and_may_be_three_taps_away(tmp_path):
    assert told(with_entries(tmp_path / "near", 20, urgent="extra_19"), "W307") == []
    bot = with_entries(tmp_path / "far", 20, urgent="extra_19")
    text = (bot / "start.yaml").read_text(encoding="utf-8")
    (bot / "start.yaml").write_text(
        text.replace("-> question\n", "-> one\n", 1)
        + "\n  one:\n    menu: One?\n    options:\n      go: Go -> two\n"
        + "\n  two:\n    menu: Two?\n    options:\n      go: Go -> question\n",
        encoding="utf-8",
    )
    assert "“extra_19” is 4 taps away from the main menu, 3 are the most" in told(bot, "W307")
