"""``streetwork facts``: what will be said on a day, in every language, and what has to be looked up."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from bots.commands.facts import facts
from tests.fakes.bots import BERLIN


def told(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(facts, [str(BERLIN), "--json", *arguments])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def fact(found, name):
    return next(one for one in found["facts"] if one["id"] == name)


def test_the_new_year_in_every_language():
    found = told("--at", "2027-01-01")
    wage = fact(found, "minimum_wage_hour")
    assert wage["value"]["value"] == "14.60"
    assert {code: text.replace("\xa0", " ") for code, text in wage["said"].items()} == {
        "ar": "14.60 €",
        "bg": "14,60 €",
        "de": "14,60 €",
        "en": "€14.60",
        "ru": "14,60 €",
    }
    assert "faq.minimum_wage.steps" in wage["named_in"]
    assert [one["value"] for one in wage["history"]] == ["12.82", "13.90", "14.60"]


def test_what_is_not_known_yet_is_said_so():
    child = fact(told("--at", "2027-01-01", "--language", "en"), "child_benefit")
    assert child["value"] is None
    assert child["said"] == {"en": "(not known yet, please see the official page)"}


def test_tasks_are_raised_from_october_on():
    def due(day):
        return {one["fact"] for one in told("--at", day, "--tasks")["tasks"]}

    assert "child_benefit" not in due("2026-09-30")
    assert "child_benefit" in due("2026-10-01")
    assert "minimum_wage_hour" not in due("2026-10-01")


def test_the_list_of_tasks_goes_page_by_page_and_names_what_follows():
    shown = CliRunner().invoke(facts, [str(BERLIN), "--at", "2026-11-27", "--tasks"]).output
    page = shown.split("https://www.arbeitsagentur.de/")[1].split("https://")[0]
    assert "“child_benefit” has no value after 31 December 2026" in page
    assert "now €259.00; texts that say it: 1" in page
    assert "and bluecard_general, which follows from it" in shown
    assert "“bluecard_general”" not in shown
    assert len([line for line in shown.splitlines() if line.startswith("  https://")]) == len(
        {line for line in shown.splitlines() if line.startswith("  https://")}
    )


def test_as_text_with_a_language_that_is_not_spoken():
    result = CliRunner().invoke(facts, [str(BERLIN), "--language", "fr"])
    assert result.exit_code == 2
    assert "does not speak 'fr'" in result.output
    shown = CliRunner().invoke(facts, [str(BERLIN), "--at", "2026-06-01", "-l", "bg"]).output
    assert "bg  603,00\xa0€" in shown
    assert CliRunner().invoke(facts, [str(BERLIN), "--at", "tomorrow"]).exit_code == 2
