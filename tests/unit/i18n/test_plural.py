"""What `plural` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest

from i18n.plural import PLURAL_FORMS, forms_count, header_problem, plural_rule

BABEL_ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=0 && n%100<=2 ? 4 : 5);"
)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ar", {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 102: 5, 103: 3, 111: 4, 1000: 5}),
        ("bg", {0: 1, 1: 0, 2: 1}),
        ("fr", {0: 0, 1: 0, 2: 1}),
        ("ru", {1: 0, 2: 1, 5: 2, 11: 2, 21: 0, 22: 1, 112: 2}),
        ("uk", {1: 0, 3: 1, 0: 2}),
        ("pl", {1: 0, 2: 1, 21: 2, 22: 1}),
        ("ro", {1: 0, 0: 1, 19: 1, 20: 2, 101: 1}),
        ("tr", {0: 1, 1: 0, 2: 1}),
        ("fa", {0: 0, 1: 0, 2: 1}),
    ],
)
def test_forms(language: str, forms: dict[int, int]) -> None:
    rule = plural_rule(PLURAL_FORMS[language])
    assert {n: rule(n) for n in forms} == forms


@pytest.mark.parametrize("language", sorted(PLURAL_FORMS))
def test_the_table_agrees_with_itself(language: str) -> None:
    assert header_problem(language, PLURAL_FORMS[language]) is None


def test_another_spelling_of_the_same_rule_is_fine() -> None:
    formula = "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : (n%100>=3 && n%100<=10) ? 3 : (n%100>=11 && n%100<=99) ? 4 : 5"
    header = f"nplurals=6; plural={formula}"
    assert header_problem("ar", header) is None
    assert header_problem("ar-SY", header) is None


@pytest.mark.parametrize(
    ("language", "header", "says"),
    [
        ("ar", BABEL_ARABIC, "a count of 11 gets form 5, it must get form 4"),
        ("ar", PLURAL_FORMS["en"], "nplurals is 2, it must be 6"),
        ("ru", "nplurals=3; plural=(n>1);", "a count of 0"),
        ("en", "nplurals=1; plural=(n != 1);", "reaches form 1"),
        ("en", "nplurals=2; plural=(n / 0);", "cannot be read"),
        ("en", "nplurals=2; plural=(import os);", "cannot be read"),
        ("en", "nplurals=2", "cannot be read"),
        ("en", "", "cannot be read"),
        ("xx", "nplurals=2; plural=(n +);", "cannot be read"),
    ],
)
def test_wrong_headers_are_named(language: str, header: str, says: str) -> None:
    assert says in (header_problem(language, header) or "")


def test_unknown_languages_only_need_a_readable_rule() -> None:
    assert header_problem("xx", "nplurals=4; plural=(n%4);") is None
    assert forms_count("nplurals=4; plural=(n%4);") == 4
    with pytest.raises(ValueError, match="cannot be read"):
        plural_rule("nplurals=2; plural=" + "(" * 400)
