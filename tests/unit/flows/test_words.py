"""Words people type: each means one thing, in every language."""

from __future__ import annotations

from flows.word_checks import split_words
from i18n.plain import fold
from tests.fakes.bots import change, codes, lines, loaded, mini

PO = "locales/ar/LC_MESSAGES/messages.po"


def test_lists_of_words():
    assert split_words("Human, a  HUMAN; person\nقائمة، رجوع,,") == [
        "human",
        "a human",
        "person",
        fold("قائمة"),
        "رجوع",
    ]


def test_a_word_that_is_also_a_command(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, "start.yaml", "words: person, somebody", "words: person, Stop!")
    result = loaded(bot)
    assert "W802" in codes(result)
    assert lines(result, "W802")[0] == ("start.yaml", line)


def test_two_options_with_one_word(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, "intake.yaml", "camp: In a shelter", "camp: IN A FLAT.")
    result = loaded(bot)
    assert codes(result, levels="E") == ["E801"]
    assert lines(result, "E801") == [("intake.yaml", line)]


def test_two_options_with_one_word_in_a_translation_only(tmp_path):
    bot = mini(tmp_path)
    change(bot, PO, 'msgstr "في مأوى"', 'msgstr "في شقة"')
    result = loaded(bot)
    assert codes(result, levels="E") == ["E801"]
    assert "in ar" in next(one.message for one in result.findings if one.code == "E801")


def test_two_commands_with_one_word(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, "bot.yaml", "words: human, counsellor", "words: human, menu")
    result = loaded(bot)
    assert codes(result, levels="E") == ["E803"]
    assert lines(result, "E803") == [("bot.yaml", line)]
