"""What the pages for counsellors and operators quote from the product is really there, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bots.cli import COMMANDS
from core.capabilities import CAPABILITIES
from core.settings import declarations
from flows.texts import TEXTS as SAID
from handlers.hearing import BURST, ONE_EVERY
from handoff.pauses import FREE, LONGEST
from handoff.sessions import ABSOLUTE, IDLE
from handoff.ui_texts import LANGUAGES
from handoff.ui_texts import TEXTS as SHOWN
from tests.docs.blocks import ROOT

HOUR = 3_600_000


def page(name: str) -> str:
    """Return a page with every line break and run of spaces as one space."""
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


def pattern(text: str) -> re.Pattern[str]:
    """Match a text of the product in which something stands for each {value}."""
    parts = re.split(r"\{\w+\}", text)
    return re.compile(".+?".join(re.escape(part) for part in parts))


def test_what_the_desk_page_puts_in_italics_is_written_on_the_desk() -> None:
    quoted = re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", page("desk.md"))
    assert len(quoted) > 10
    patterns = [pattern(text) for text in SHOWN.values()]
    lower = {text.lower() for text in SHOWN.values()}
    known = [one for one in quoted if one.lower() in lower or any(text.fullmatch(one) for text in patterns)]
    assert quoted == known


def test_what_the_desk_page_says_of_keys_languages_and_times_holds() -> None:
    text = page("desk.md")
    template = (ROOT / "handoff/templates/dialogs.html").read_text(encoding="utf-8")
    table = template.partition("for key, what in (")[2].partition(") %}")[0]
    keys = re.findall(r'\("([^"]+)", ', table)
    assert len(keys) > 5
    for one in (one for key in keys for one in key.split(" / ")):
        assert f"`{one}`" in text, one
    names = {"de": "German", "en": "English", "ar": "Arabic", "bg": "Bulgarian", "ru": "Russian"}
    assert all(names[language] in text for language in LANGUAGES)
    assert (FREE, LONGEST, ABSOLUTE, IDLE) == (5, HOUR // 4, 7 * 24 * HOUR, 12 * HOUR)
    assert "After five wrong attempts you have to wait, each time longer, fifteen minutes at most" in text
    assert "seven days at most, and for twelve hours" in text
    assert SHOWN["live.off"].split(":")[0] in text


def test_what_a_person_is_told_at_a_claim_stands_in_the_page() -> None:
    assert SAID["claimed"].partition(" {name}")[0] in page("desk.md")


@pytest.mark.parametrize("name", ["desk.md", "channels/telegram.md", "operations.md", "extending.md"])
def test_every_command_of_a_page_exists(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^ +)(?:[A-Z_]+=\S+ )?streetwork ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


def test_every_setting_of_the_telegram_page_exists() -> None:
    known = {one.name for one in declarations()}
    named = set(re.findall(r"\b(?:TELEGRAM|STREETWORK)_[A-Z_]+\b|\bPUBLIC_URL\b", page("channels/telegram.md")))
    assert named
    assert named <= known


def test_what_the_telegram_page_quotes_from_logs_is_said_somewhere() -> None:
    said = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bots").glob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", said)
    for words in ("Telegram refuses the token of bot", "is already polled by another process, or has a webhook"):
        assert words in page("channels/telegram.md")
        assert words in joined


def test_the_limits_that_the_telegram_page_names_are_those_of_the_channel() -> None:
    text, limits = page("channels/telegram.md"), CAPABILITIES["telegram"]
    assert f"{limits.text:,} characters" in text
    assert limits.unit == "utf16"
    assert limits.buttons == 12
    assert "Up to twelve choices are buttons" in text


def test_what_the_architecture_says_of_floods_and_attempts_holds() -> None:
    from handlers.calls import MOST_ATTEMPTS as CALLS
    from handlers.worker import MOST_ATTEMPTS as TURNS
    from store.rules import DEAD_FOR, SEEN_FOR

    text = page("architecture.md")
    assert (BURST, ONE_EVERY) == (25, 2_000)
    assert "25 messages at once, then one every two seconds" in text
    assert (TURNS, CALLS) == (2, 3)
    assert "so it is claimed once more" in text
    assert "the third claim does not run the turn any more" in text
    assert "After three lost tries" in text
    assert (SEEN_FOR, DEAD_FOR) == (48 * HOUR, 30 * 24 * HOUR)
    assert "within 48 hours" in text
    assert "kept for thirty days" in text


def test_the_architecture_has_a_paragraph_for_every_package_and_names_files_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "docs"}
    assert set(re.findall(r"^\*\*`(\w+)/`\*\*", text, re.MULTILINE)) == packages
    for named in re.findall(r"`((?:bots|core|flows|handlers|handoff|i18n|store)/[\w/.*-]*)`", text):
        assert list(ROOT.glob(named.rstrip("/"))), named


def test_the_order_of_the_chain_in_the_architecture_is_that_of_the_code() -> None:
    from handlers.chain import CHAIN

    words = {
        "crisis": "crisis",
        "stop": "stop, privacy and erase",
        "relay": "relay",
        "moved": "flows were edited",
        "album": "files in a row",
        "button": "button",
        "options": "options of the open question",
        "commands": "words that work everywhere",
        "answer": "typed answer",
        "comeback": "come back to their counsellor",
        "faq": "FAQ",
        "lost": "not understood",
    }
    found = page("architecture.md").partition("The chain")[2]
    steps = found.partition("→")[0].rpartition(": ")[2] + "→" + found.partition("→")[2]
    links = steps.split("→")
    order = [Path(str(link.__code__.co_filename)).stem for link in CHAIN]
    for name, step in zip(order, links, strict=False):
        assert words[name] in step, (name, step)
