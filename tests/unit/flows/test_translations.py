"""Translations: what is missing, fuzzy, outdated or says something else, told where it is mended; labels that grow."""

from __future__ import annotations

import pytest

from tests.fakes.bots import change, codes, lines, loaded, mini

PO = "locales/ar/LC_MESSAGES/messages.po"


def test_a_missing_translation_is_told_at_the_text(tmp_path):
    bot = mini(tmp_path)
    with (bot / "start.yaml").open("a") as file:
        file.write("\n  bye:\n    end: done\n    say: Good bye.\n")
    change(bot, "start.yaml", "    done: main", "    done: bye")
    result = loaded(bot)
    assert codes(result) == ["W501"]
    assert lines(result, "W501") == [("start.yaml", len((bot / "start.yaml").read_text().splitlines()))]
    assert result.program is not None


def test_an_untranslated_entry_is_told_in_the_catalogue(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, PO, 'msgstr "في مأوى"', 'msgstr ""')
    result = loaded(bot)
    assert codes(result) == ["W501"]
    assert lines(result, "W501")[0][0] == "messages.po"
    assert abs(lines(result, "W501")[0][1] - line) <= 2


def test_a_fuzzy_translation(tmp_path):
    bot = mini(tmp_path)
    change(bot, PO, 'msgctxt "intake.housing.camp"', '#, fuzzy\nmsgctxt "intake.housing.camp"')
    assert codes(loaded(bot)) == ["W502"]


def test_a_text_that_changed_after_its_translation(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, "intake.yaml", "camp: In a shelter", "camp: In a shelter or camp")
    result = loaded(bot)
    assert codes(result) == ["W503"]
    assert lines(result, "W503") == [("intake.yaml", line)]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("هو {office}.", "هو {ofice}.", "E505"),
        ("هو {office}.", "هو.", "E505"),
        ("هو {office}.", "هو {office.", "E505"),
        ("بالرقم 112", "بالرقم 113", "W507"),
    ],
)
def test_a_translation_that_says_something_else(tmp_path, old, new, code):
    bot = mini(tmp_path, {(PO, old): new})
    result = loaded(bot)
    assert set(codes(result)) == {code}
    assert {file for file, _ in lines(result, code)} == {"messages.po"}


def test_a_missing_catalogue_is_told_once(tmp_path):
    bot = mini(tmp_path)
    (bot / PO).unlink()
    result = loaded(bot)
    assert codes(result) == ["W504"]
    assert lines(result, "W504") == [("bot.yaml", 6)]


def test_a_broken_catalogue_blocks(tmp_path):
    bot = mini(tmp_path)
    (bot / PO).write_text('msgid "x\nmsgstr "')
    result = loaded(bot)
    assert codes(result, levels="E") == ["E501"]
    assert result.program is None


def test_a_language_the_framework_does_not_speak(tmp_path):
    bot = mini(tmp_path, {("bot.yaml", "offered: [ar, en]"): "offered: [ar, en, vi]"})
    result = loaded(bot)
    assert codes(result) == ["W504", "W504"]
    assert any("framework" in one.message for one in result.findings)


def test_a_label_that_is_too_long_in_one_language(tmp_path):
    bot = mini(tmp_path)
    change(bot, PO, "في مأوى", "في مأوى " * 10)
    result = loaded(bot)
    assert codes(result) == ["E401"]
    written = (bot / "intake.yaml").read_text().splitlines()
    assert lines(result, "E401") == [("intake.yaml", written.index("      camp: In a shelter") + 1)]
    assert "telegram in ar: 80 of 64" in result.findings[0].message


def test_more_options_than_buttons_and_a_very_long_text(tmp_path):
    options = "".join(f"      o{n}: Option {n}\n" for n in range(13))
    bot = mini(tmp_path)
    (bot / "intake.yaml").write_text(
        (bot / "intake.yaml")
        .read_text()
        .replace("      none: I have no place\n", "      none: I have no place\n" + options)
    )
    change(bot, "intake.yaml", "ask: What is your postcode?", "ask: " + "What is your postcode? " * 200)
    result = loaded(bot)
    assert "H403" in codes(result, levels="H")
    assert "W402" in codes(result)
