"""The catalogues are those of gettext: the usual commands extract, begin, update and compile them; nothing is lost."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po
from babel.support import Translations

from tests.fakes.bots import BERLIN, change, copy_bot, loaded

ROOT = Path(__file__).resolve().parents[3]


def pybabel(folder: Path, *arguments: object) -> None:
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *map(str, arguments)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


def extract(folder: Path, bot: Path) -> Path:
    template = folder / "messages.pot"
    pybabel(ROOT, "extract", "-F", "babel.cfg", "-o", template, bot)
    return template


def test_the_usual_commands_work_on_the_shipped_bot(tmp_path: Path) -> None:
    bot = copy_bot(BERLIN, tmp_path)
    template = extract(tmp_path, bot)
    known = {(message.context, message.id) for message in read_po(io.BytesIO(template.read_bytes())) if message.id}
    for context in ("faq.no_insurance.steps", "rumours.buy_registration.share", "centres.clearing_office.what"):
        assert any(found == context for found, _ in known), context
    assert not any((context or "").endswith(".examples") for context, _ in known)

    pybabel(tmp_path, "init", "-i", template, "-d", bot / "locales", "-l", "uk")
    begun = read_po(io.BytesIO((bot / "locales/uk/LC_MESSAGES/messages.po").read_bytes()))
    assert {(message.context, message.id) for message in begun if message.id} == known

    before = translated(bot, "ru")
    pybabel(tmp_path, "update", "-i", template, "-d", bot / "locales", "--no-wrap")
    assert translated(bot, "ru") == before
    assert [one for one in loaded(bot).findings if one.level == "error"] == []

    pybabel(tmp_path, "compile", "-d", bot / "locales")
    with (bot / "locales/ru/LC_MESSAGES/messages.mo").open("rb") as file:
        compiled = Translations(file)
    assert compiled.upgettext("topics.health", "Health") == "Здоровье"


def test_a_changed_text_is_marked_and_its_neighbours_are_left_alone(tmp_path: Path) -> None:
    bot = copy_bot(BERLIN, tmp_path)
    change(
        bot,
        "faq/health.yaml",
        "      It does not pass on your data to the authorities.\n",
        "      Your data stay there.\n",
    )
    before = translated(bot, "ru")
    pybabel(tmp_path, "update", "-i", extract(tmp_path, bot), "-d", bot / "locales", "--no-wrap")
    after = translated(bot, "ru")
    assert set(before) - set(after) == {"faq.no_insurance.steps"}
    assert {context: after[context] for context in after} == {context: before[context] for context in after}


def translated(bot: Path, language: str) -> dict[str, str]:
    """Return what people can read: translated and not fuzzy."""
    data = (bot / "locales" / language / "LC_MESSAGES/messages.po").read_bytes()
    found = read_po(io.BytesIO(data), ignore_obsolete=True)
    return {str(one.context): str(one.string) for one in found if one.id and one.string and not one.fuzzy}
