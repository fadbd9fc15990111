"""Everything as people read it in Arabic: marks in pairs, brackets whole, numbers and addresses in one piece."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Start
from core.records import Wrote
from flows.program import Program, option_token
from handlers.simulator import Simulator
from i18n.bidi import FSI, PDI, strip_controls
from tests.fakes.bots import BERLIN, program

NOW = int(datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp() * 1000)
PAIRS = (("(", ")"), ("«", "»"), ("[", "]"), ("“", "”"))
#: What must stand in one piece: addresses in the web, and numbers of several groups.
WHOLE = re.compile(r"https://[^\s،؛]*[^\s،؛.,)]|\+?\d+(?:[ -]\d+)+|§ \d+(?: \(\d+\))?")


@lru_cache(maxsize=1)
def berlin() -> Program:
    return program(BERLIN)


def messages(name: str, channel: str) -> list[Say]:
    talk = Simulator(berlin(), CAPABILITIES[channel], now=NOW, locale="ar")
    talk.send(Start())
    entries = talk.press(option_token("", "faq", name))
    return [e.body.message for e in entries if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)]


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_everything_in_arabic(channel: str) -> None:
    shelf = berlin().shelf
    whole = 0
    for name in (*shelf.entries, *shelf.rumours, *shelf.centres):
        said = messages(name, channel)
        assert said, name
        for message in said:
            bare = strip_controls(message.text)
            for opening, closing in PAIRS:
                assert bare.count(opening) == bare.count(closing), (name, opening)
            for line in message.text.splitlines():
                depth = 0
                for sign in line:
                    depth += (sign == FSI) - (sign == PDI)
                    assert depth in (0, 1), (name, line)
                assert depth == 0, (name, line)
            inside = re.findall(f"{FSI}([^{PDI}]*){PDI}", message.text)
            for found in WHOLE.findall(bare):
                assert any(found in part for part in inside), (name, found)
                whole += 1
            for span in message.spans:
                marked = message.text[span.start : span.end]
                assert marked.count(FSI) == marked.count(PDI), (name, marked)
    assert whole > 150
