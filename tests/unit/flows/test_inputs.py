"""Typed answers of people: what is taken, what is refused and why."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Choice, Content, Edited, Location, Media, SharedContact, Start, Text, Unknown
from flows.inputs import Accepted, Reason, Rejected, Rules, parse
from flows.values import Kind
from tests.fakes.answers import TODAY, answer

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("  hello  ", "hello"),
        ("first\nsecond", "first\nsecond"),
        ("\u202eevil\u202c", "evil"),
        ("a\x00b\x07c\r", "abc"),
        ("x\ud800y", "xy"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner is spelling
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("", "!empty"),
        (" \u200f\u202e ", "!empty"),
        ("x" * 2000, "x" * 2000),
        ("x" * 2001, "!too_long"),
    ],
)
def test_text(typed: str, value: str) -> None:
    assert answer("text", typed) == value


def test_text_lengths_are_rules_and_are_told() -> None:
    assert answer("text", "ab", min_length=3) == "!too_short"
    assert answer("text", "abcd", max_length=3) == "!too_long"
    found = parse("text", Text(text="ab"), Rules(min_length=3), language="en", today=TODAY)
    assert found == Rejected(reason="too_short", limit="3")


YES = [
    "yes", "Yes!", "yep", "sure", "of course", "yes please", "okay", "ok", "y", "да", "Да, конечно", "ага", "ладно",
    "разбира се", "да, моля", "добре", "няма проблем", "نعم", "أكيد", "ايوا", "اي", "طبعاً", "تمام", "na3am", "aiwa",
    "ja", "Ja bitte", "klar", "natürlich", "da", "\U0001f44d", "\U0001f44d\U0001f3fe", "\u2705", "\u2714\ufe0f", "+",
]  # fmt: skip
NO = [
    "no", "No!", "nope", "no thanks", "of course not", "n", "нет", "не", "неа", "нет, спасибо", "не, благодаря",
    "конечно нет", "разбира се не", "не съм съгласен", "لا", "لأ", "لا شكرا", "كلا", "أكيد لا", "la", "nein",
    "Nein danke", "nö", "net", "ne", "\U0001f44e", "\u274c", "-",
]  # fmt: skip
NEITHER = [
    "", "maybe", "не знаю", "не знам", "да нет", "ja nein", "not sure", "no idea", "так", "شو", "ما بعرف", "nicht",
    "1", "yes, but only if my wife agrees", "123", "?",
]  # fmt: skip


@pytest.mark.parametrize("typed", YES)
def test_yes(typed: str) -> None:
    assert answer("yes_no", typed) is True


@pytest.mark.parametrize("typed", NO)
def test_no(typed: str) -> None:
    assert answer("yes_no", typed) is False


@pytest.mark.parametrize("typed", NEITHER)
def test_neither(typed: str) -> None:
    assert answer("yes_no", typed) == "!not_yes_no"


@pytest.mark.parametrize(
    ("language", "shown"), [("ar", "نعم"), ("bg", "Да"), ("en", "Yes"), ("ru", "Да"), ("de-AT", "Ja"), ("xx", "Yes")]
)
def test_yes_is_said_back(language: str, shown: str) -> None:
    found = parse("yes_no", Text(text="ja"), Rules(), language=language, today=TODAY)
    assert found == Accepted(value=True, shown=shown)


OTHERS: dict[str, Content] = {
    "sticker": Media(kind="sticker", ref="x"),
    "voice": Media(kind="voice", ref="x"),
    "photo": Media(kind="photo", ref="x", caption="42"),
    "location": Location(latitude=1, longitude=2),
    "contact": SharedContact(phone="x"),
    "choice": Choice(token="x"),
    "other": Unknown(kind="poll"),
}
WANTED: dict[Kind, Reason] = {"location": "not_a_location", "media": "not_a_file", "choice": "choose"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("got", sorted(OTHERS))
def test_another_sort_of_message_is_named(kind: Kind, got: str) -> None:
    own = {"location": ("location",), "media": ("photo", "voice", "sticker"), "phone": ("contact",)}
    if got in own.get(kind, ()):
        return
    found = parse(kind, OTHERS[got], Rules(), language="en", today=TODAY)
    assert found == Rejected(reason=WANTED.get(kind, "need_text"), got=got)


@pytest.mark.parametrize("content", [Start(), Edited(of="1", text="5")])
def test_an_edit_is_no_answer(content: Content) -> None:
    found = parse("number", content, Rules(), language="en", today=TODAY)
    assert found == Rejected(reason="need_text", got="other")


def test_typing_where_a_choice_or_a_file_was_asked() -> None:
    assert answer("choice", "blue") == "!choose"
    assert answer("media", "here") == "!not_a_file"


NASTY = st.one_of(
    st.text(alphabet=st.characters(), max_size=120),
    st.text(alphabet=st.sampled_from("0123456789٠١٢٣٤.,:/-+ @'٫٬،۱۲ \u202e\u2066\u0000eENWDkтыс"), max_size=60),
    st.text(alphabet=st.sampled_from("\ud800\udfff\u200f\u0301\ufdfa½²Ⅷ一"), max_size=40),
)


@settings(deadline=None, max_examples=150)
@given(NASTY, st.sampled_from(["ar", "bg", "en", "ru", "de", "", "x-y"]))
def test_nothing_typed_breaks_any_kind(typed: str, language: str) -> None:
    reasons = get_args(Reason)
    for kind in KINDS:
        for integer in (True, False):
            found = parse(kind, Text(text=typed), Rules(integer=integer), language=language, today=TODAY)
            if isinstance(found, Rejected):
                assert found.reason in reasons
            else:
                assert found.shown
                assert isinstance(found.value, str | int)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "sign",
    [
        "9",
        "٩",
        ".",
        "9.",
        "9 ",
        "9,",
        "-",
        "a",
        "@",
        "a@",
        "a.",
        "\u202e",
        "'",
        "9'",
        "(",
        "https://2gis.ru/",
        "?q=1.1",
        "да ",
        "1.1 ",
        "%2C",
    ],
)
def test_the_longest_messages_end_in_a_reason(kind: Kind, sign: str) -> None:
    for length in (200, 1_990, 10_000):
        typed = (sign * length)[:length]
        found = parse(kind, Text(text=typed), Rules(), language="en", today=TODAY)
        assert isinstance(found, Rejected) or kind in {"text", "yes_no"} or len(str(found.value)) < 40
