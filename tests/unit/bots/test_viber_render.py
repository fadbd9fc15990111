"""Whatever the bot wants to say reaches Viber within its limits, with every word, and no text can break a message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.viber_render import CannotRender, Located, encode, plain, render
from core.capabilities import CAPABILITIES
from core.messages import Option, Outbound, Say, SendLocation, SendMedia, Span
from core.rendering import render as degrade
from tests.fakes.viber_rules import check_message, shown_text

VIBER = CAPABILITIES["viber"]
#: Words of the four languages, and what people type to break things.
WORDS = st.one_of(
    st.sampled_from(
        [
            "housing",
            "rent",
            "жилищe",
            "помощь",
            "سكن",
            "مساعدة",
            "👍🏽",
            "👨‍👩‍👧",
            "&amp;",
            "<b>x</b>",
            "*bold*",
            "_it_",
            "```",
            "~",
        ]
    ),
    st.text(alphabet="abжщяسكنم<>&\"'*_~`{}[]\\\u200d👍é", min_size=1, max_size=12).filter(str.strip),
)
TEXTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
LONG = st.tuples(TEXTS, st.sampled_from([1, 1, 1, 40])).map(lambda pair: " ".join([pair[0]] * pair[1]))
OPTIONS = st.builds(
    lambda number, label, url: Option(token=f"o:{number:012d}", label=label, url=url),
    st.integers(0, 10**12 - 1),
    st.lists(WORDS, min_size=1, max_size=12).map(" ".join),
    st.sampled_from([None, None, None, "https://example.org/a?b=c&d=<e>"]),
)
SAYS = st.builds(
    lambda text, options, language, request, spans: Say(
        text=text, options=tuple(options), language=language, request=request, spans=tuple(spans)
    ),
    LONG,
    st.lists(OPTIONS, max_size=30, unique_by=lambda option: option.token),
    st.sampled_from(["ar", "bg", "en", "ru"]),
    st.sampled_from([None, None, "location", "contact"]),
    st.lists(
        st.builds(
            lambda start, length, style: Span(
                start=start, end=start + length, style=style, url="https://example.org/x" if style == "link" else None
            ),
            st.integers(0, 200),
            st.integers(1, 40),
            st.sampled_from(["bold", "italic", "link"]),
        ),
        max_size=4,
    ),
)


def sent(message: Outbound, **more: Any) -> dict[str, Any]:
    """Return the message as Viber takes it, checked."""
    body = {"receiver": "01234567890A=", "sender": {"name": "x" * 28}, **render(message, **more)}
    return check_message(encode(body))


def words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).split()


def reading(body: dict[str, Any]) -> str:
    """Return all that a person can read of a message."""
    buttons = body.get("keyboard", {}).get("Buttons", [])
    return "\n".join([body["text"], *(shown_text(button["Text"]) for button in buttons)])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(say=SAYS)
def test_any_say_renders_within_the_limits_and_loses_no_word(say: Say) -> None:
    parts = degrade(say, VIBER)
    bodies = [sent(part) for part in parts]
    shown = "\n".join(reading(body) for body in bodies)
    # A link's address is put behind its label, which may end in the middle of what counts as a word here.
    linked = any(span.style == "link" for span in say.spans)
    assert _in_order("".join(words(say.text)) if linked else words(say.text), shown if linked else words(shown))
    for option in say.options:
        assert _in_order(words(option.label), words(shown))
    assert all("keyboard" not in body for body in bodies[:-1])
    pressed = {button["ActionBody"] for button in bodies[-1].get("keyboard", {}).get("Buttons", [])}
    if len(say.options) <= 24 - bool(say.request) and "keyboard" in bodies[-1]:
        assert all((option.url or option.token) in pressed for option in say.options)


def _in_order(wanted: Iterable[str], there: Iterable[str]) -> bool:
    rest = iter(there)
    return all(word in rest for word in wanted)


@settings(max_examples=100, deadline=None)
@given(say=SAYS)
def test_the_plain_form_says_the_same_without_a_keyboard(say: Say) -> None:
    part = degrade(say, VIBER)[-1]
    try:
        simple = plain(part)
    except CannotRender:
        return  # only where the list makes the text longer than any message
    if simple is None:
        assert isinstance(part, Say)
        assert not part.options
        return
    assert "keyboard" not in simple
    assert "min_api_version" not in simple
    check_message(encode({"receiver": "x", "sender": {"name": "n"}, **simple}))
    assert isinstance(part, Say)
    for option in part.options:
        assert _in_order(words(option.label), words(simple["text"]))


@given(label=st.text(alphabet="<>&\"'/bi a\n\tя", min_size=1, max_size=60).filter(str.strip))
def test_a_label_is_shown_to_the_letter(label: str) -> None:
    body = sent(Say(text="?", options=(Option(token="o:000000000000", label=label),)))
    shown = shown_text(body["keyboard"]["Buttons"][0]["Text"])
    assert shown.translate(str.maketrans("‹›＆", "<>&")) == " ".join(label.split())


def buttons(*labels: str, request: Any = None) -> list[tuple[str, int]]:
    options = tuple(Option(token=f"o:{n:012d}", label=label) for n, label in enumerate(labels))
    body = sent(Say(text="?", options=options, request=request, language="ru"))
    return [(shown_text(button["Text"]), button["Columns"]) for button in body["keyboard"]["Buttons"]]


def test_short_labels_stand_two_in_a_row_and_many_buttons_fit() -> None:
    assert buttons("Yes", "No", "Something rather long", "Back") == [
        ("Yes", 3),
        ("No", 3),
        ("Something rather long", 6),
        ("Back", 6),
    ]
    assert [columns for _, columns in buttons(*["A rather long label here"] * 24)] == [3] * 24


def test_a_press_comes_back_as_the_token_and_is_not_seen_in_the_chat() -> None:
    pressed = Option(token="o:000000000001", label="Ж <1>")
    body = sent(Say(text="?", options=(pressed, Option(token="l", label="L", url="https://example.org"))))
    reply, link = body["keyboard"]["Buttons"]
    assert (reply["ActionType"], reply["ActionBody"], reply["Silent"]) == ("reply", "o:000000000001", True)
    assert (link["ActionType"], link["ActionBody"]) == ("open-url", "https://example.org")
    assert json.loads(body["tracking_data"]) == {"o:000000000001": "Ж <1>"}
    assert body["min_api_version"] == 7


def test_requests_become_buttons_in_the_persons_language() -> None:
    (label, _), skip = buttons("Пропустить", request="contact")
    assert "номер" in label
    assert skip[0] == "Пропустить"
    body = sent(Say(text="Where?", request="location"))
    assert body["keyboard"]["Buttons"][0]["ActionType"] == "location-picker"


def test_files_and_places() -> None:
    picture = sent(SendMedia(kind="photo", ref="https://example.org/a.JPG", caption="see"))
    assert (picture["type"], picture["media"], picture["text"]) == ("picture", "https://example.org/a.JPG", "see")
    assert "thumbnail" not in picture
    captioned = sent(SendMedia(kind="photo", ref="https://example.org/a.jpg", caption="x" * 600))
    assert (captioned["type"], captioned["text"]) == ("text", "x" * 600 + "\nhttps://example.org/a.jpg")
    unknown = sent(SendMedia(kind="document", ref="https://example.org/a.pdf", name="Form"))
    assert (unknown["type"], unknown["text"]) == ("text", "Form\nhttps://example.org/a.pdf")
    where = Located(url="https://example.org/f/1", size=5, name="a.pdf")
    assert sent(SendMedia(kind="document", ref="blob"), located=where)["file_name"] == "a.pdf"
    film = Located(url="https://example.org/f/1.mp4", size=5, name="a.mp4")
    assert sent(SendMedia(kind="video", ref="blob"), located=film)["type"] == "video"
    assert sent(SendLocation(latitude=52.5, longitude=-13.4))["location"] == {"lat": 52.5, "lon": -13.4}
    assert "Office" in sent(SendLocation(latitude=52.5, longitude=13.4, label="Office"))["text"]


@pytest.mark.parametrize(
    "message",
    [
        Say(text="  \n"),
        Say(text="x" * 7001),
        Say(text="x", options=(Option(token="t", label=" "),)),
        Say(text="x", options=(Option(token="", label="a"),)),
        Say(text="x", options=(Option(token="t", label="a", url="javascript:alert(1)"),)),
        Say(text="x", options=(Option(token="t", label="x" * 251),)),
        Say(text="x", options=tuple(Option(token=f"t{n}", label="a") for n in range(25))),
        SendMedia(kind="photo", ref="blob-key"),
        SendMedia(kind="photo", ref="file:///etc/passwd"),
    ],
)
def test_what_viber_would_not_take_is_refused_not_cut(message: Outbound) -> None:
    with pytest.raises(CannotRender):
        render(message)


def test_the_limits_themselves_are_fine() -> None:
    assert sent(Say(text="я" * 7000))["text"] == "я" * 7000
    full = Say(text="👍" * 4000, options=tuple(Option(token=f"o:{n:012d}", label="👍" * 60) for n in range(24)))
    assert "keyboard" in sent(full)
