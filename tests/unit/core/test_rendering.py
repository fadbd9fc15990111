"""Rendering: what a channel cannot take is changed into something it can, and nothing is lost or broken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.capabilities import CAPABILITIES, Capabilities
from core.graphemes import Unit, boundaries, cut, length
from core.messages import Option, Say, SendLocation, SendMedia, Span
from core.rendering import CAPTION, render

TELEGRAM = CAPABILITIES["telegram"]
PLAIN = Capabilities(text=8000, unit="codepoints", buttons=0, label=120)


def small(
    limit: int = 30,
    *,
    buttons: int = 3,
    label: int = 10,
    unit: Unit = "codepoints",
    formatting: bool = True,
    with_buttons: int | None = None,
) -> Capabilities:
    return Capabilities(
        text=limit, unit=unit, buttons=buttons, label=label, formatting=formatting, text_with_buttons=with_buttons
    )


def shown(say: Say, capabilities: Capabilities) -> tuple[Say, ...]:
    parts = render(say, capabilities)
    assert all(isinstance(part, Say) for part in parts)
    return cast("tuple[Say, ...]", parts)


def texts(parts: Iterable[Say]) -> list[str]:
    return [part.text for part in parts]


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(token=f"t{n}", label=label) for n, label in enumerate(labels, 1))


FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇧🇬"
THUMB = "👍🏽"


# -- visible characters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one",
    [
        "a",
        "é",
        "e\u0301\u0323",
        FAMILY,
        FLAG,
        THUMB,
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "بّ",
        "한",
        "\u1112\u1161\u11ab",
        "\r\n",
        "\ud83d\ude00",
        "\u0600" + "1",
    ],
)
def test_what_looks_like_one_character_is_never_divided(one: str) -> None:
    assert boundaries(f"x{one}y") == [0, 1, 1 + len(one), 2 + len(one)]


def test_flags_are_pairs_and_a_joiner_joins_only_emoji() -> None:
    assert boundaries(FLAG * 3) == [0, 2, 4, 6]
    assert boundaries("a\u200db") == [0, 2, 3]
    assert boundaries("") == [0]
    assert boundaries("\n\u0301") == [0, 1, 2]


def test_length_counts_what_the_channel_counts() -> None:
    assert length("aя😀", "codepoints") == 3
    assert length("aя😀", "utf16") == 4


def test_cut_keeps_visible_characters_whole() -> None:
    assert cut("Fahrkarten", 10, "utf16") == "Fahrkarten"
    assert cut("Fahrkarten!", 10, "utf16") == "Fahrkarte…"
    assert cut(f"ab{FAMILY}{FAMILY}", 12, "codepoints") == f"ab{FAMILY}…"
    assert cut(f"ab{FAMILY}", 8, "utf16") == "ab…"


# -- options ---------------------------------------------------------------------------------------------


def test_what_fits_is_left_alone() -> None:
    say = Say(text="Hello", options=options("Yes", "No"), language="en", spans=(Span(start=0, end=5, style="bold"),))
    assert shown(say, TELEGRAM) == (say,)


def test_without_buttons_the_options_become_a_numbered_list() -> None:
    (part,) = shown(Say(text="What do you need?\n", options=options("Housing", "Work")), PLAIN)
    assert part.text == "What do you need?\n\n1. Housing\n2. Work"
    assert part.options == ()


def test_too_many_options_become_a_numbered_list_with_latin_digits() -> None:
    labels = [f"خيار {n}" for n in range(13)]
    (part,) = shown(Say(text="اختر", options=options(*labels), language="ar"), TELEGRAM)
    assert part.options == ()
    assert part.text.splitlines()[2:4] == ["1. خيار 0", "2. خيار 1"]
    assert part.text.splitlines()[-1] == "13. خيار 12"


def test_only_a_latin_label_in_a_right_to_left_list_is_isolated() -> None:
    (part,) = shown(Say(text="اختر", options=options("السكن", "Jobcenter"), language="ar"), PLAIN)
    assert part.text.splitlines()[2:] == ["1. السكن", "\u200f2. \u2068Jobcenter\u2069"]
    (guessed,) = shown(Say(text="اختر", options=options("Jobcenter")), PLAIN)
    assert guessed.text.splitlines()[-1] == "\u200f1. \u2068Jobcenter\u2069"
    (left,) = shown(Say(text="Choose", options=options("العربية", "English"), language="en"), PLAIN)
    assert left.text.splitlines()[2:] == ["1. العربية", "2. English"]


def test_long_labels_are_cut_and_listed_in_full() -> None:
    say = Say(text="Choose", options=options("Short", "Registration of your address"))
    (part,) = shown(say, small(200))
    assert [o.label for o in part.options] == ["Short", "Registrat…"]
    assert [o.token for o in part.options] == ["t1", "t2"]
    assert part.text == "Choose\n\n1. Short\n2. Registration of your address"
    assert shown(part, small(200)) == (part,)


def test_a_link_option_in_a_list_keeps_its_address() -> None:
    link = Option(token="w", label="Website", url="https://example.org/a")
    (part,) = shown(Say(text="", options=(link,)), PLAIN)
    assert part.text == "1. Website: https://example.org/a"


def test_options_and_requests_go_with_the_last_part() -> None:
    say = Say(text="One two three four. Five six seven eight nine.", options=options("A", "B"), request="contact")
    parts = shown(say, Capabilities(text=30, unit="utf16", buttons=3, label=10, request_contact=True))
    assert texts(parts) == ["One two three four.", "Five six seven eight nine."]
    assert [len(p.options) for p in parts] == [0, 2]
    assert [p.request for p in parts] == [None, "contact"]


def test_a_request_the_channel_does_not_know_is_dropped() -> None:
    (part,) = shown(Say(text="Where are you?", request="location"), PLAIN)
    assert part.request is None


def test_buttons_stand_under_a_shorter_part_where_they_must() -> None:
    say = Say(text="One two three. Four five six. Seven eight.", options=options("A"))
    assert [(p.text, len(p.options)) for p in shown(say, small(100, with_buttons=20))] == [
        ("One two three.", 0),
        ("Four five six.", 0),
        ("Seven eight.", 1),
    ]
    (whole,) = shown(Say(text=say.text), small(100, with_buttons=20))
    assert whole.text == say.text


def test_an_address_that_no_button_can_open_stands_in_the_text() -> None:
    link = Option(token="w", label="Website", url="https://example.org/a")
    plain = Capabilities(text=200, unit="codepoints", buttons=3, label=20, url_buttons=False)
    (part,) = shown(Say(text="Choose", options=(*options("A"), link)), plain)
    assert part.text == "Choose\n\nWebsite: https://example.org/a"
    assert [o.label for o in part.options] == ["A"]
    assert shown(part, plain) == (part,)


# -- formatting ------------------------------------------------------------------------------------------


def test_marks_stand_in_the_text_where_nothing_can_be_mistaken() -> None:
    marks = Capabilities(text=100, unit="codepoints", buttons=3, label=20, marks=True)
    spans = (Span(start=0, end=6, style="bold"), Span(start=7, end=10, style="italic"))
    (part,) = shown(Say(text="Title \n word", spans=spans), marks)
    assert (part.text, part.spans) == ("*Title* \n word", ())
    (typed,) = shown(Say(text="2 * 3", spans=(Span(start=0, end=1, style="bold"),)), marks)
    assert typed.text == "2 * 3"
    assert shown(part, marks) == (part,)


def test_a_marked_run_is_not_split_where_it_fits() -> None:
    marks = Capabilities(text=30, unit="codepoints", buttons=3, label=20, marks=True)
    say = Say(text="Some words first and then this is bold", spans=(Span(start=21, end=38, style="bold"),))
    assert texts(shown(say, marks)) == ["Some words first and", "*then this is bold*"]


def test_without_formatting_links_are_spelled_out() -> None:
    text = "See the office and https://a.org or b.org now"
    spans = (
        Span(start=4, end=14, style="link", url="https://office.de/x"),
        Span(start=4, end=7, style="bold"),
        Span(start=19, end=32, style="link", url="https://a.org"),
        Span(start=36, end=41, style="link", url="https://b.org"),
    )
    (part,) = shown(Say(text=text, spans=spans), PLAIN)
    assert part.text == "See the office (https://office.de/x) and https://a.org or b.org now"
    assert part.spans == ()


def test_spans_are_cut_to_the_text_and_empty_ones_go() -> None:
    spans = (
        Span(start=-3, end=2, style="bold"),
        Span(start=3, end=99, style="italic"),
        Span(start=4, end=4, style="bold"),
        Span(start=0, end=3, style="link"),
    )
    (part,) = shown(Say(text="Hello", spans=spans), TELEGRAM)
    assert [(s.start, s.end, s.style) for s in part.spans] == [(0, 2, "bold"), (3, 5, "italic")]


def test_a_span_over_the_trailing_space_does_not_reach_into_the_list() -> None:
    (part,) = shown(
        Say(text="Hello  \n", spans=(Span(start=0, end=8, style="bold"),), options=options("A")),
        small(100, buttons=0),
    )
    assert part.text == "Hello\n\n1. A"
    assert [(s.start, s.end) for s in part.spans] == [(0, 5)]


# -- splitting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("First paragraph.\n\nSecond one. It is long", ["First paragraph.", "Second one. It is long"]),
        ("First line is here\nSecond. It is longer", ["First line is here", "Second. It is longer"]),
        ("He said: 'It is done.' Then more words", ["He said: 'It is done.'", "Then more words"]),
        ("أين السكن؟ هنا بعض الكلمات الكثيرة", ["أين السكن؟", "هنا بعض الكلمات الكثيرة"]),
        ("word " * 9, ["word word word word word word", "word word word"]),
        ("x" * 70, ["x" * 30, "x" * 30, "x" * 10]),
        ("a\n\n" + "word " * 8, ["a\n\nword word word word word", "word word word"]),
    ],
)
def test_splits_at_the_best_place(text: str, expected: list[str]) -> None:
    assert texts(shown(Say(text=text), small(30))) == expected


def test_telegram_counts_utf16() -> None:
    parts = shown(Say(text="😀" * 3000), TELEGRAM)
    assert [len(p.text) for p in parts] == [2048, 952]


def test_a_link_is_kept_whole_when_it_fits() -> None:
    text = "Some words before it, then the registration office of Berlin is where to go"
    start = text.index("the registration")
    end = text.index(" is where")
    parts = shown(Say(text=text, spans=(Span(start=start, end=end, style="link", url="https://x.de"),)), small(40))
    marked = [p.text[s.start : s.end] for p in parts for s in p.spans]
    assert marked == ["the registration office of Berlin"]


def test_bold_text_longer_than_a_part_goes_on_in_the_next() -> None:
    text = "word " * 20
    parts = shown(Say(text=text, spans=(Span(start=0, end=len(text), style="bold"),)), small(30))
    assert len(parts) > 1
    for part in parts:
        assert [(s.start, s.end) for s in part.spans] == [(0, len(part.text))]


def test_one_character_longer_than_a_part_is_still_sent() -> None:
    zalgo = "e" + "\u0301" * 100
    parts = shown(Say(text=zalgo), small(30))
    assert "".join(texts(parts)) == zalgo
    assert max(len(t) for t in texts(parts)) <= 30


def test_files_and_places() -> None:
    place = SendLocation(latitude=52.5, longitude=13.4)
    assert render(place, TELEGRAM) == (place,)
    photo = SendMedia(kind="photo", ref="https://x.de/a.png", caption="word " * 300)
    file, text = render(photo, TELEGRAM)
    assert isinstance(file, SendMedia)
    assert isinstance(text, Say)
    assert file.caption is None
    assert text.text == photo.caption
    paper = SendMedia(kind="document", ref="https://x.de/a.pdf", caption="Read")
    bare, caption = render(paper, Capabilities(text=100, unit="codepoints", buttons=0, label=9, captions=("photo",)))
    assert (bare, caption) == (SendMedia(kind="document", ref="https://x.de/a.pdf"), Say(text="Read"))
    short = SendMedia(kind="photo", ref="https://x.de/a.png", caption="x" * CAPTION)
    assert render(short, TELEGRAM) == (short,)


# -- whatever comes --------------------------------------------------------------------------------------

PIECES = [
    "word",
    "слово",
    "كلمة",
    "Ende.",
    "Ja?",
    "\n",
    "\n\n",
    " ",
    " ",
    " ",
    FAMILY,
    FLAG,
    THUMB,
    "e\u0301",
    "\u200f",
    "1",
]
some_text = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
limits = st.builds(
    small,
    st.integers(20, 60),
    buttons=st.integers(0, 3),
    label=st.integers(8, 20),
    unit=st.sampled_from(["utf16", "codepoints"]),
    formatting=st.booleans(),
    with_buttons=st.sampled_from([None, 15, 20]),
)


STYLES: list[Literal["bold", "italic", "link"]] = ["bold", "italic", "link"]


@st.composite
def messages(draw: st.DrawFn) -> Say:
    text = draw(some_text)
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans = tuple(
        Span(start=min(pair), end=max(pair), style=style, url="https://example.org/x" if style == "link" else None)
        for pair, style in draw(st.lists(st.tuples(ends, st.sampled_from(STYLES)), max_size=4))
    )
    labels = draw(st.lists(some_text.filter(str.strip), max_size=5))
    return Say(text=text, spans=spans, options=options(*labels), language=draw(st.sampled_from([None, "ar", "bg"])))


def solid(text: str) -> str:
    """The text without white space and direction marks."""
    return re.sub(r"[\s\u200f\u2068\u2069]", "", text)


@settings(max_examples=250, deadline=None)
@given(messages(), limits)
@example(Say(text=" \n " * 30), small(20))
def test_nothing_is_lost_or_broken(say: Say, capabilities: Capabilities) -> None:
    parts = shown(say, capabilities)
    whole = solid("".join(texts(parts)))
    links = [s.url for s in say.spans if s.style == "link" and s.start < s.end]
    if capabilities.formatting or not links:
        assert whole.startswith(solid(say.text))
    for part in parts:
        most = capabilities.text_with_buttons if part.options and capabilities.text_with_buttons else capabilities.text
        assert length(part.text, capabilities.unit) <= most
        assert all(0 <= s.start < s.end <= len(part.text) for s in part.spans)
        assert capabilities.formatting or not part.spans
        assert len(part.options) <= capabilities.buttons
        assert all(length(o.label, capabilities.unit) <= capabilities.label for o in part.options)
        assert not part.options or part is parts[-1]
        assert shown(part, capabilities) == (part,)
    for n, option in enumerate(say.options, 1):
        button = any(o.token == option.token and o.label == option.label for o in parts[-1].options)
        assert button or f"{n}.{solid(option.label)}" in whole


@settings(max_examples=250, deadline=None)
@given(some_text, st.integers(20, 60), st.sampled_from(["utf16", "codepoints"]))
def test_parts_begin_and_end_between_visible_characters(text: str, limit: int, unit: Unit) -> None:
    allowed = set(boundaries(text))
    at = 0
    for part in texts(shown(Say(text=text), small(limit, unit=unit))):
        start = text.index(part, at)
        assert text[at:start].strip() == ""
        at = start + len(part)
        assert {start, at} <= allowed
    assert text[at:].strip() == ""


@settings(max_examples=150, deadline=None)
@given(messages(), st.integers(20, 60))
def test_marked_words_stay_marked(say: Say, limit: int) -> None:
    capabilities = small(limit, buttons=9, label=2000)
    parts = shown(say, capabilities)
    for style in ("bold", "italic", "link"):
        before = {i for s in say.spans if s.style == style for i in range(s.start, s.end)}
        marked = "".join(char for i, char in enumerate(say.text) if i in before)
        after = "".join(
            char
            for p in parts
            for i, char in enumerate(p.text)
            if any(s.style == style and s.start <= i < s.end for s in p.spans)
        )
        assert solid(after) == solid(marked)
