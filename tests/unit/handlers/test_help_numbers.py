"""Numbers in danger: each has a source, and one that nobody has looked up is marked as such, in every language."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Start, Text
from core.records import Wrote
from handlers.simulator import Simulator
from i18n.bidi import FSI, PDI, strip_controls
from tests.fakes.bots import BERLIN, codes, loaded, mini
from tests.fakes.bots import program as load_program

NOW = int(datetime(2026, 11, 24, 22, tzinfo=UTC).timestamp() * 1000)
BEATEN = {"ar": "زوجي يضربني", "bg": "мъжът ми ме бие", "en": "my husband beats me", "ru": "Муж меня бьёт"}
DESPAIR = {"ar": "بدي موت", "bg": "искам да се убия", "en": "I want to kill myself", "ru": "не хочу больше жить"}


def first_answer(language: str, text: str) -> str:
    talk = Simulator(load_program(BERLIN), CAPABILITIES["webchat"], now=NOW, locale=language)
    talk.send(Start())
    said = [e.body.message for e in talk.send(Text(text=text)) if isinstance(e.body, Wrote)]
    assert isinstance(said[0], Say)
    if language == "ar":  # where groups with plain spaces between would be shown turned round
        assert not re.search(r"\d \d", re.sub(f"{FSI}[^{PDI}]*{PDI}", "", said[0].text))
    return strip_controls(said[0].text)


@pytest.mark.parametrize("language", list(BEATEN))
def test_a_number_that_nobody_looked_up_is_marked(language: str) -> None:
    said = first_answer(language, BEATEN[language])
    assert said.count("116 016") == 2
    assert said.endswith(": 116 016")
    assert "110" in said


@pytest.mark.parametrize("language", list(DESPAIR))
def test_numbers_that_were_seen_stand_without_a_mark(language: str) -> None:
    said = first_answer(language, DESPAIR[language])
    assert "030 440 308 454" in said
    assert said.count("0800 111 0 111") == 1
    assert "112" in said


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("answer: Please call 112 now.", "answer: Please call 112, 110 or 116117 now.", []),
        ("answer: Please call 112 now.", "answer: Please call 030 123 45 67 now.", ["W712"]),
        ("answer: Please call 112 now.", "answer: Please call 116 016 now.", ["W712"]),
        (
            "answer: Please call 112 now.",
            (
                "answer: Please call 112 now.\n  numbers:\n    - number: 030 123 456\n      certainty: B\n"
                "      source: x\n      checked: 2026-06-01"
            ),
            ["W712"],
        ),
        (
            "answer: Please call 112 now.",
            (
                "answer: Please call 030 123-456 now.\n  numbers:\n    - number: 030 123 456\n      certainty: B\n"
                "      source: x\n      checked: 2026-06-01"
            ),
            [],
        ),
    ],
)
def test_every_number_has_a_source_and_stands_in_the_answer(tmp_path, old, new, found) -> None:
    result = loaded(mini(tmp_path, {("crisis.yaml", old): new}))
    assert [code for code in codes(result) if code not in {"W501", "W503"}] == found
