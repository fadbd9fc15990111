"""What goes out to WhatsApp: within every limit, no word lost in four languages, nothing of a person in templates."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.whatsapp_render import CannotRender, Choices, File, Place, Plain, Rendered, render
from bots.whatsapp_templates import template_hash
from core.capabilities import CAPABILITIES
from core.messages import Option, Outbound, Say, SendLocation, SendMedia, Span
from core.rendering import render as fit
from tests.fakes.twilio_spec import check_content, filled

WHATSAPP = CAPABILITIES["whatsapp"]


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(token=f"t:{n}", label=label) for n, label in enumerate(labels, 1))


def calls(message: Outbound) -> list[Rendered]:
    return [render(part) for part in fit(message, WHATSAPP)]


def choices(say: Say) -> Choices:
    (call,) = calls(say)
    assert isinstance(call, Choices)
    return call


def seen(call: Rendered) -> tuple[str, list[tuple[str, str]]]:
    """Return the text and the choices that the person sees, having held them against Twilio's limits."""
    match call:
        case Plain():
            assert 1 <= len(call.text) <= 1600
            return call.text, []
        case Choices():
            check_content(call.template)
            assert 1 <= len(call.plain) <= 1600
            variables = {str(n): value for n, value in enumerate(call.variables, 1)}
            return filled(call.template, json.dumps(variables))
        case File():
            return call.caption or "", []
        case Place():
            return call.text, []


# -- choices ---------------------------------------------------------------------------------------------


def test_up_to_three_short_labels_are_buttons() -> None:
    call = choices(Say(text="Which one?", options=options("Housing", "Work", "A human"), language="en"))
    assert list(call.template["types"]) == ["twilio/quick-reply"]
    assert seen(call) == ("Which one?", [("t:1", "Housing"), ("t:2", "Work"), ("t:3", "A human")])


def test_four_to_ten_are_a_list_with_a_word_to_open_it_in_the_language() -> None:
    labels = [f"خيار {n}" for n in range(10)]
    call = choices(Say(text="اختر", options=options(*labels), language="ar"))
    (what,) = call.template["types"].values()
    assert (call.template["language"], what["button"]) == ("ar", "اختيار")
    assert [label for _, label in seen(call)[1]] == labels
    assert list(choices(Say(text="?", options=options(*"abcd"), language="xx")).template["types"]) == [
        "twilio/list-picker"
    ]


def test_three_labels_too_long_for_buttons_are_a_list() -> None:
    call = choices(Say(text="?", options=options("x" * 24, "b", "c")))
    assert list(call.template["types"]) == ["twilio/list-picker"]


def test_more_than_ten_are_numbered() -> None:
    (call,) = calls(Say(text="Which one?", options=options(*(f"o{n}" for n in range(11)))))
    assert isinstance(call, Plain)
    assert call.text.endswith("\n11. o10")


def test_a_long_label_is_cut_and_stands_in_full_above() -> None:
    text, pairs = seen(choices(Say(text="Which?", options=options("Registration of my address", "B"))))
    assert pairs[0] == ("t:1", "Registration of my addr…")
    assert "1. Registration of my address" in text


def test_an_address_stands_in_the_text() -> None:
    link = Option(token="w", label="The office", url="https://office.example")
    text, pairs = seen(choices(Say(text="Which?", options=(*options("A"), link))))
    assert (text, pairs) == ("Which?\n\nThe office: https://office.example", [("t:1", "A")])
    (alone,) = calls(Say(text="Look", options=(link,)))
    assert alone == Plain(text="Look\n\nThe office: https://office.example")


def test_equal_labels_cannot_be_pressed_so_they_are_numbered() -> None:
    (call,) = calls(Say(text="Which?", options=options("Same", "Same")))
    assert call == Plain(text="Which?\n\n1. Same\n2. Same")


def test_a_long_text_with_buttons_is_split_and_the_buttons_come_last() -> None:
    first, last = calls(Say(text="word " * 300, options=options("A", "B")))
    assert isinstance(first, Plain)
    assert isinstance(last, Choices)
    assert len(last.text) <= 1024


def test_a_template_holds_the_shape_and_never_the_words() -> None:
    secret = "Dear Olena,\nyour date is 5 May.\n\n" + "Bring your papers. " * 20
    call = choices(Say(text=secret, options=options("Yes", "No")))
    written = json.dumps(call.template)
    assert "Olena" not in written
    assert "May" not in written
    assert seen(call)[0].split() == secret.split()
    assert seen(call)[0].startswith("Dear Olena,\nyour date is 5 May.\n\nBring")
    other = choices(Say(text=secret.replace("Olena", "Ivan"), options=options("Yes", "No")))
    assert template_hash(other.template) == template_hash(call.template)
    assert template_hash(choices(Say(text="x", options=options("Yes"))).template) != template_hash(call.template)


def test_what_looks_like_a_variable_stays_text() -> None:
    text, _ = seen(choices(Say(text="Write {{1}} here", options=options("A"))))
    assert text == "Write {{1}} here"
    (call,) = calls(Say(text="?", options=options("{{1}}", "B")))
    assert call == Plain(text="?\n\n1. {{1}}\n2. B")


def test_more_lines_than_a_template_has_variables() -> None:
    (call,) = calls(Say(text="a\n" * 150, options=options("A", "B")))
    assert isinstance(call, Plain)
    assert call.text.endswith("1. A\n2. B")


# -- formatting, files, places ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span", "shown"),
    [
        ("How to register\n\nGo there", Span(start=0, end=15, style="bold"), "*How to register*\n\nGo there"),
        ("a word here", Span(start=1, end=7, style="italic"), "a _word_ here"),
        ("2 * 3 is six", Span(start=6, end=12, style="bold"), "2 * 3 is six"),
        ("unbreakable", Span(start=2, end=7, style="bold"), "unbreakable"),
        ("two\nlines", Span(start=0, end=9, style="bold"), "two\nlines"),
        ("the office", Span(start=4, end=10, style="link", url="https://o.de"), "the office (https://o.de)"),
    ],
)
def test_formatting(text: str, span: Span, shown: str) -> None:
    assert calls(Say(text=text, spans=(span,))) == [Plain(text=shown)]


def test_bold_and_link_together() -> None:
    spans = (Span(start=4, end=10, style="link", url="https://o.de"), Span(start=4, end=10, style="bold"))
    assert calls(Say(text="the office!", spans=spans)) == [Plain(text="the *office* (https://o.de)!")]


def test_files_carry_captions_where_whatsapp_shows_them() -> None:
    photo = SendMedia(kind="photo", ref="https://x.de/a.png", caption="Look")
    assert calls(photo) == [File(ref="https://x.de/a.png", caption="Look")]
    paper = SendMedia(kind="document", ref="https://x.de/a.pdf", caption="Read this")
    assert calls(paper) == [File(ref="https://x.de/a.pdf"), Plain(text="Read this")]


def test_places() -> None:
    assert calls(SendLocation(latitude=52.5, longitude=13.4, label="Haus | A")) == [
        Place(action="geo:52.500000,13.400000|Haus A", text="Haus A")
    ]
    assert calls(SendLocation(latitude=52.5, longitude=13.4)) == [
        Place(action="geo:52.500000,13.400000", text="52.500000,13.400000")
    ]


@pytest.mark.parametrize(
    "message",
    [Say(text=" "), Say(text="x" * 1601), SendMedia(kind="photo", ref="https://x.de/a", caption="x" * 1601)],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(message: Outbound) -> None:
    with pytest.raises(CannotRender):
        render(message)


# -- whatever comes --------------------------------------------------------------------------------------

WORDS = {
    "en": ["help", "papers.", "https://x.de/a_b", "*star*", "_low_", "{{1}}", "a\tb"],
    "ar": ["مساعدة", "السكن؟", "١٢", "أوراق", "Jobcenter", "مـ"],
    "bg": ["помощ", "документи.", "работа", "ъгъл", "№5"],
    "ru": ["помощь", "жильё?", "ёж", "регистрация", "👨‍👩‍👧‍👦"],
}


@st.composite
def says(draw: st.DrawFn) -> Say:
    language = draw(st.sampled_from(sorted(WORDS)))
    word = st.sampled_from(WORDS[language])
    gap = st.sampled_from([" ", " ", " ", "\n", "\n\n", "      ", ". "])
    repeated = draw(st.sampled_from([1, 1, 1, 4, 20]))
    pieces = draw(st.lists(st.tuples(word, gap), min_size=1, max_size=40)) * repeated
    text = "".join(one + space for one, space in pieces)
    if draw(st.booleans()):
        text += draw(word) * draw(st.integers(1, 400))
    labels = draw(st.lists(st.lists(word, min_size=1, max_size=6).map(" ".join), max_size=13))
    ends = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    style = draw(st.sampled_from(["bold", "italic"]))
    spans = (Span(start=ends[0], end=ends[1], style=style),) if draw(st.booleans()) else ()  # type: ignore[arg-type]
    return Say(text=text, options=options(*labels), language=language, spans=spans)


def solid(text: str) -> str:
    """The text without white space, direction marks and our signs of formatting."""
    return re.sub(r"[\s\u200f\u2068\u2069*_]", "", text)


@settings(max_examples=300, deadline=None)
@given(says())
@example(Say(text="x" * 1024, options=options("A" * 24, *"bcdefghij"), language="ar"))
@example(Say(text="\n".join("a" * 9 for _ in range(102)), options=options("A")))
@example(Say(text="а" * 256 + " " + "б" * 255, options=options("A")))
def test_within_limits_and_no_word_lost(say: Say) -> None:
    rendered = calls(say)
    shown = [seen(call) for call in rendered]
    whole = solid("".join(text for text, _ in shown))
    assert whole.startswith(solid(say.text))
    pressable = dict(shown[-1][1])
    assert not any(pairs for _, pairs in shown[:-1])
    for n, option in enumerate(say.options, 1):
        button = pressable.get(option.token) == " ".join(option.label.split())
        assert button or solid(f"{n}. {option.label}") in whole
