"""Ready replies: read, checked in every language a counsellor or a person reads, and filled with true values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.canned import GAP, ready_replies
from tests.fakes.bots import BERLIN, codes, copy_bot, loaded, mini, program

CANNED = """\
read_it:
  title: Read
  text: I have read it. You get an answer by […].
about_us:
  title: About us
  text: >-
    I am {counsellor} of {team.name}. The wage is {fact.minimum_wage}. We open {queue.opens}: {queue.promise}.
    {team.imprint}
"""
#: A Saturday, 12:00 in Berlin.
SATURDAY = int(datetime(2026, 7, 4, 10, tzinfo=UTC).timestamp() * 1000)


def with_canned(folder, text=CANNED, catalogue=""):
    bot = mini(folder)
    (bot / "canned.yaml").write_text(text, encoding="utf-8")
    if catalogue:
        path = bot / "locales" / "ar" / "LC_MESSAGES" / "messages.po"
        path.write_text(path.read_text(encoding="utf-8") + catalogue, encoding="utf-8")
    return bot


def translated(context, source, text):
    return f'\nmsgctxt "{context}"\nmsgid "{source}"\nmsgstr "{text}"\n'


READ = translated("canned.read_it.text", "I have read it. You get an answer by […].", "قرأتها. يصلك الجواب قبل […].")


def said(bot, *, person="ar", reader="en", counsellor="Mariam", queue="advice", now=SATURDAY):
    found = ready_replies(program(bot), person=person, reader=reader, counsellor=counsellor, queue=queue, now=now)
    return {one.id: one for one in found}


def test_the_person_reads_their_language_and_the_counsellor_theirs(tmp_path):
    reply = said(with_canned(tmp_path, catalogue=READ))["read_it"]
    assert (reply.text, reply.language) == ("قرأتها. يصلك الجواب قبل […].", "ar")
    assert (reply.title, reply.shown, reply.shown_language) == (
        "Read",
        "I have read it. You get an answer by […].",
        "en",
    )


def test_values_are_filled_in_and_what_is_not_translated_says_so(tmp_path):
    reply = said(with_canned(tmp_path))["about_us"]
    assert reply.language == "en"
    assert reply.text == (
        "I am Mariam of Mini team. The wage is €13.90. We open Monday 09:00: within one working day."
        " https://example.org/imprint"
    )


def test_a_fact_switches_by_the_clock_and_one_without_a_value_is_a_gap(tmp_path):
    bot = with_canned(tmp_path)
    later = int(datetime(2027, 2, 1, tzinfo=UTC).timestamp() * 1000)
    before = int(datetime(2020, 2, 1, tzinfo=UTC).timestamp() * 1000)
    assert "€14.60" in said(bot, now=later)["about_us"].text
    assert f"The wage is {GAP}." in said(bot, now=before)["about_us"].text


def test_a_name_cannot_turn_the_sentence(tmp_path):
    text = said(with_canned(tmp_path), counsellor="مريم\u202e")["about_us"].text
    assert text.startswith("I am \u2068مريم\u2069 of")


def test_an_unknown_queue_is_the_first_one(tmp_path):
    assert "Monday 09:00" in said(with_canned(tmp_path), queue="gone")["about_us"].text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a:\n  title: A\n  text: Hello {nobody}\n", "E213"),
        ("a:\n  title: A\n  text: Hello {contact.city}\n", "E213"),
        ("a:\n  title: A\n  text: It is {fact.wage}\n", "E205"),
        ("a:\n  title: A\n  text: It is 563 €\n", "W508"),
        ("a:\n  title: A\n", "E101"),
        ("a:\n  title: A\n  text: B\n  words: c\n", "E104"),
        ("a:\n  title: A\n  text: B\na:\n  title: A\n  text: B\n", "E003"),
        ("A B:\n  title: A\n  text: B\n", "E107"),
        ("", "E105"),
        ("just words\n", "E105"),
    ],
)
def test_mistakes_are_found_with_their_line(tmp_path, text, code):
    result = loaded(with_canned(tmp_path, text))
    found = [one for one in result.findings if one.file.endswith("canned.yaml") and one.code == code]
    assert found, [(one.file, one.code, one.message) for one in result.findings]
    assert found[0].line >= 1


def test_missing_translations_and_lost_gaps_are_found(tmp_path):
    assert codes(loaded(with_canned(tmp_path))).count("W501") == 4
    lost = translated("canned.read_it.text", "I have read it. You get an answer by […].", "قرأتها.")
    found = codes(loaded(with_canned(tmp_path / "b", catalogue=lost)))
    assert found.count("W501") == 3
    assert "W512" in found


def test_languages_of_the_desk_need_the_ready_replies_and_nothing_else(tmp_path):
    bot = with_canned(tmp_path)
    path = bot / "bot.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("offered: [ar, en]", "offered: [ar, en]\n  desk: [de]"))
    assert "W504" in codes(loaded(bot))
    catalogue = bot / "locales" / "de" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    header = (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
    )
    empty = translated("start.hello", "Hello! I am a program.", "")
    catalogue.write_text(header + empty + translated("canned.read_it.title", "Read", "Gelesen"), encoding="utf-8")
    result = loaded(bot)
    needed = [one for one in result.findings if one.code != "H515"]  # what else is open there is one hint
    german = [one.message for one in needed if " de" in one.message or "/de/" in one.file]
    assert len(german) == 3, german
    assert all("canned." in message for message in german)
    assert said(bot, reader="de")["read_it"].title == "Gelesen"
    path.write_text(path.read_text(encoding="utf-8").replace("desk: [de]", "desk: [dee]"))
    assert "E208" in codes(loaded(bot))


def test_the_shipped_replies_are_whole_in_five_languages(tmp_path):
    bot = copy_bot(BERLIN, tmp_path)
    replies = program(bot).canned
    assert 10 <= len(replies) <= 20
    for language in ("ar", "bg", "de", "en", "ru"):
        for reply in said(bot, person=language, reader=language, queue="advice").values():
            assert (reply.language, reply.shown_language) == (language, language), reply.id
            assert "{" not in reply.text
            assert reply.text.count(GAP) == replies[reply.id].text.count(GAP)
