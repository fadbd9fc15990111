"""What `check` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.check import check_catalog, placeholders
from i18n.plural import PLURAL_FORMS

BABEL_ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=0 && n%100<=2 ? 4 : 5);"
)


def catalog(body: str, language: str = "ru", plural: str | None = None) -> bytes:
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Plural-Forms: {plural or PLURAL_FORMS[language]}\\n"\n\n'
    )
    return (header + body).encode()


def message(source: str, text: str) -> str:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    return f'msgctxt "main.step"\nmsgid {quoted(source)}\nmsgstr {quoted(text)}\n\n'


def codes(source: str, text: str, language: str = "ru") -> list[str]:
    return [problem.code for problem in check_catalog(catalog(message(source, text), language), language)]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {name}", "Здравствуйте, {name}"),
        ("It costs 13.90 EUR", "Это стоит 13,90 евро"),
        ("1,000 people", "1 000 человек"),
        ("See https://a.de/x.", "Смотрите https://a.de/x!"),
        ("Call 030 1234567 or +49 30 99", "Звоните 030 123 45 67 или +49 30 99"),
        ("{{literal}} {name}", "{{буквально}} {name}"),
        ("A\n", "Б\n"),
        ("Menu", "Menu"),
    ],
)
def test_good_translations_pass(source: str, text: str) -> None:
    assert codes(source, text) == []


def test_arabic_digits_are_the_same_number() -> None:
    assert codes("Call 030 1234567 before 3 p.m.", "اتصل ٠٣٠ ١٢٣٤٥٦٧ قبل الساعة ٣", "ar") == []


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("Hello {name}", "Здравствуйте, {nome}", ["placeholder-unknown", "placeholder-missing"]),
        ("Hello {name}", "Здравствуйте", ["placeholder-missing"]),
        ("Hello", "Здравствуйте {name}", ["placeholder-unknown"]),
        ("Hello {name}", "Здравствуйте {name", ["placeholder-missing", "braces"]),
        ("Hello", "   ", ["blank"]),
        ("Hello", "", ["untranslated"]),
        ("Hello\n", "Здравствуйте", ["newlines"]),
        ("Hello", "\nЗдравствуйте", ["newlines"]),
        ("Hello", "Здравствуйте\u200f", ["bidi-control"]),
        ("See https://a.de/x", "Смотрите https://a.de/y", ["url-changed"]),
        ("See https://a.de/x", "Смотрите", ["url-changed"]),
        ("Call 030 1234567", "Звоните 030 1234568", ["phone-changed"]),
        ("within 2 weeks", "в течение 3 недель", ["number-changed"]),
        ("within two weeks", "в течение 2 недель", ["number-changed"]),
        ("This text was only copied", "This text was only copied", ["same-as-source"]),
    ],
)
def test_each_mistake_has_its_code(source: str, text: str, found: list[str]) -> None:
    assert codes(source, text) == found


def test_a_problem_says_where_it_is() -> None:
    data = catalog(message("A", "Б") + message("Hello {name}", "Здравствуйте"))
    [problem] = check_catalog(data, "ru")
    lines = data.decode().splitlines()
    assert 'msgid "Hello {name}"' in lines[problem.line - 2 : problem.line + 1]
    assert (problem.language, problem.context) == ("ru", "main.step")
    assert problem.message == "The translation lost {name}."


def test_a_fuzzy_message_is_reported_once_and_not_compared() -> None:
    data = catalog("#, fuzzy\n" + message("Hello {name}", "Здравствуйте {nome}"))
    assert [problem.code for problem in check_catalog(data, "ru")] == ["fuzzy"]


def test_the_plural_header_that_babel_writes_for_arabic_is_found() -> None:
    [problem] = check_catalog(catalog(message("A", "أ"), "ar", BABEL_ARABIC), "ar")
    assert problem.code == "plural-header"
    assert problem.line == 5
    assert "a count of 11 gets form 5" in problem.message


def plural_message(*forms: str) -> str:
    lines = "".join(f'msgstr[{n}] "{form}"\n' for n, form in enumerate(forms))
    return f'msgid "one day, {{name}}"\nmsgid_plural "{{n}} days, {{name}}"\n{lines}'


def test_forms_for_a_single_count_may_leave_the_number_out() -> None:
    good = plural_message(
        "لا أيام {name}", "يوم {name}", "يومان", "{n} أيام {name}", "{n} يوما {name}", "{n} يوم {name}"
    )
    assert check_catalog(catalog(good, "ar"), "ar") == []


def test_forms_for_many_counts_may_not() -> None:
    bad = plural_message("{n} день {name}", "{n} дня {nome}", "")
    found = [(problem.code, problem.message) for problem in check_catalog(catalog(bad), "ru")]
    assert found == [
        ("plural-forms", "These plural forms are empty: 2."),
        ("placeholder-unknown", "Form 1: The translation has {nome}, which the source does not have."),
        ("placeholder-missing", "Form 1: The translation lost {name}."),
    ]


def test_the_russian_first_form_stands_for_21_and_needs_the_number() -> None:
    bad = plural_message("один день {name}", "{n} дня {name}", "{n} дней {name}")
    assert [problem.message for problem in check_catalog(catalog(bad), "ru")] == [
        "Form 0: The translation lost {n}.",
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'msgid "a"\nmsgstr "b\n', 2),
        (b'msgid "a"\nfoo\n', 2),
        (b'msgid "a"\n\nmsgid "b"\nmsgstr "c"', 1),
        (b"\xff\xfe", 1),
        (b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=klingon\\n"\n\nmsgid "a"\nmsgstr "b"\n', 1),
    ],
)
def test_what_cannot_be_read_is_a_finding_too(data: bytes, line: int) -> None:
    problems = check_catalog(data, "ru")
    assert problems
    assert all(problem.line >= 1 for problem in problems)
    if problems[0].code == "unreadable":
        assert problems[0].line == line


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f'msgid "a"\nmsgstr "{text}"\n'.encode()))
def test_no_bytes_break_the_check(data: bytes) -> None:
    for problem in check_catalog(data, "ru"):
        assert problem.message


def test_placeholders() -> None:
    assert placeholders("{a} {{b}} {a} {fact.x}") == {"a": 2, "fact.x": 1}
