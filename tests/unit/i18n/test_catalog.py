"""What `catalog` promises, in tables over all languages and as properties."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BotBroken
from i18n.catalog import Catalogs, Translator, catalog_files

HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
ARABIC = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
RUSSIAN = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
TWO = "nplurals=2; plural=(n != 1);"

RU = """msgctxt "main.menu"
msgid "Welcome"
msgstr "Добро пожаловать"

msgctxt "other.step"
msgid "Welcome"
msgstr "Здравствуйте"

msgid "Bye"
msgstr "Пока"

#, fuzzy
msgid "Old"
msgstr "Старое"

msgid "Empty"
msgstr ""

msgid "{n} day"
msgid_plural "{n} days"
msgstr[0] "{n} день"
msgstr[1] "{n} дня"
msgstr[2] "{n} дней"

#~ msgid "Gone"
#~ msgstr "Ушло"
"""


def write(folder: Path, language: str, body: str, plural: str = TWO, domain: str = "bot") -> Path:
    path = folder / language / "LC_MESSAGES" / f"{domain}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER.format(language=language, plural=plural) + body, encoding="utf-8")
    return path


def test_lookup(tmp_path: Path) -> None:
    write(tmp_path, "ru", RU, RUSSIAN)
    catalogs = Catalogs.load([tmp_path], ["ru", "bg"], "bot")
    assert catalogs.lookup("ru", "main.menu", "Welcome") == "Добро пожаловать"
    assert catalogs.lookup("ru", "other.step", "Welcome") == "Здравствуйте"
    assert catalogs.lookup("ru", "", "Bye") == "Пока"
    assert catalogs.lookup("ru", "", "Welcome") is None
    assert catalogs.lookup("ru", "", "Old") is None
    assert catalogs.lookup("ru", "", "Empty") is None
    assert catalogs.lookup("ru", "", "Gone") is None
    assert catalogs.lookup("bg", "main.menu", "Welcome") is None
    assert catalogs.lookup("xx", "main.menu", "Welcome") is None
    assert catalogs.size("ru") == 4
    assert catalogs.size("bg") == 0


def test_plurals_follow_the_header_of_their_file(tmp_path: Path) -> None:
    write(tmp_path, "ru", RU, RUSSIAN)
    forms = "".join(f'msgstr[{n}] "form {n}"\n' for n in range(6))
    write(tmp_path, "ar", f'msgid "{{n}} day"\nmsgid_plural "{{n}} days"\n{forms}', ARABIC)
    catalogs = Catalogs.load([tmp_path], ["ru", "ar"], "bot")
    russian = [catalogs.lookup_plural("ru", "", "{n} day", "{n} days", n) for n in (1, 3, 5, 21, -2)]
    assert russian == ["{n} день", "{n} дня", "{n} дней", "{n} день", "{n} дня"]
    arabic = [catalogs.lookup_plural("ar", "", "{n} day", "{n} days", n) for n in (0, 1, 2, 7, 50, 100)]
    assert arabic == [f"form {n}" for n in range(6)]
    assert catalogs.lookup_plural("ar", "", "{n} week", "{n} weeks", 2) is None


def test_later_folders_win_only_where_they_have_something(tmp_path: Path) -> None:
    write(tmp_path / "base", "ru", 'msgid "A"\nmsgstr "база А"\n\nmsgid "B"\nmsgstr "база Б"\n')
    write(tmp_path / "own", "ru", 'msgid "A"\nmsgstr "своё А"\n\n#, fuzzy\nmsgid "B"\nmsgstr "черновик"\n')
    catalogs = Catalogs.load([tmp_path / "base", tmp_path / "own", tmp_path / "none"], ["ru"], "bot")
    assert catalogs.lookup("ru", "", "A") == "своё А"
    assert catalogs.lookup("ru", "", "B") == "база Б"


def test_missing_counts_fuzzy_empty_and_half_plurals(tmp_path: Path) -> None:
    write(tmp_path, "ru", RU, RUSSIAN)
    write(tmp_path, "bg", 'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} ден"\nmsgstr[1] ""\n')
    catalogs = Catalogs.load([tmp_path], ["ru", "bg"], "bot")
    assert catalogs.missing("ru") == [("", "Old"), ("", "Empty")]
    assert ("", "{n} day") in catalogs.missing("bg")
    assert ("main.menu", "Welcome") in catalogs.missing("bg")


def test_the_template_says_what_is_to_translate(tmp_path: Path) -> None:
    write(tmp_path, "ru", RU, RUSSIAN)
    (tmp_path / "bot.pot").write_text(
        HEADER.format(language="", plural=TWO) + 'msgid "New"\nmsgstr ""\n', encoding="utf-8"
    )
    assert Catalogs.load([tmp_path], ["ru"], "bot").missing("ru") == [("", "New")]
    assert [file.language for file in catalog_files([tmp_path], ["ru", "bg"], "bot")] == ["", "ru"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "bot.po: the catalogue cannot be read"),
        (b'msgid "a"\nmsgstr "b"\nfoo\n', "bot.po:3:"),
        (
            b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=klingon\\n"\n\nmsgid "a"\nmsgstr "b"\n',
            "cannot be read",
        ),
        (
            (
                b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n!);\\n"\n\n'
                b'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\n'
            ),
            "plural formula",
        ),
        (b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=two\\n"\n', "cannot be read"),
    ],
)
def test_a_broken_catalogue_names_its_file(tmp_path: Path, data: bytes, says: str) -> None:
    path = write(tmp_path, "ru", "")
    path.write_bytes(data)
    with pytest.raises(BotBroken, match="(?s)" + says.replace("(", r"\(")):
        Catalogs.load([tmp_path], ["ru"], "bot")


@pytest.fixture
def translator(tmp_path: Path) -> Translator:
    write(tmp_path, "ru", RU, RUSSIAN)
    write(tmp_path, "bg", 'msgid "Bye"\nmsgstr "Чао"\n\nmsgid "Only bg"\nmsgstr "Само тук"\n')
    catalogs = Catalogs.load([tmp_path], ["ru", "bg", "uk"], "bot")
    return Translator(catalogs, source="en", offered=["ru", "bg", "uk", "en"], fallback={"uk": ["ru"], "bg": []})


def test_chains_end_in_the_source_and_are_never_empty(translator: Translator) -> None:
    assert translator.chain("uk") == ("uk", "ru", "en")
    assert translator.chain("bg") == ("bg", "en")
    assert translator.chain("en") == ("en",)
    assert translator.chain("uk-UA") == ("uk-UA", "uk", "ru", "en")
    assert translator.chain("xx") == ("xx", "en")
    assert translator.offered == ("ru", "bg", "uk", "en")


@pytest.mark.parametrize(
    ("language", "source", "text", "spoken", "fell_back"),
    [
        ("ru", "Bye", "Пока", "ru", False),
        ("ru-RU", "Bye", "Пока", "ru", False),
        ("bg", "Bye", "Чао", "bg", False),
        ("uk", "Bye", "Пока", "ru", True),
        ("uk", "Only bg", "Only bg", "en", True),
        ("bg", "Old", "Old", "en", True),
        ("en", "Bye", "Bye", "en", False),
        ("en-GB", "Bye", "Bye", "en", False),
        ("xx", "Empty", "Empty", "en", True),
        ("ru", "", "", "en", False),
    ],
)
def test_text(translator: Translator, language: str, source: str, text: str, spoken: str, fell_back: bool) -> None:
    for _ in range(2):  # found, then remembered
        found = translator.text(language, "", source)
        assert (found.text, found.language, found.fell_back) == (text, spoken, fell_back)


def test_plural_falls_back_with_the_rule_of_the_source(translator: Translator) -> None:
    assert translator.plural("ru", "", "{n} day", "{n} days", 5).text == "{n} дней"
    assert translator.plural("bg", "", "{n} day", "{n} days", 1).text == "{n} day"
    found = translator.plural("bg", "", "{n} day", "{n} days", 2)
    assert (found.text, found.language, found.fell_back) == ("{n} days", "en", True)
