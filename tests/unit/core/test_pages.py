"""Pages of options: nothing is left out, whatever page somebody begins with, and numbers go through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.capabilities import CAPABILITIES, Capabilities
from core.messages import Option, Say
from core.pages import MORE, MORE_LABELS, next_page, page_of
from core.rendering import render, simplest

WHATSAPP = CAPABILITIES["whatsapp"]


def menu(count: int, language: str | None = "en") -> Say:
    options = tuple(Option(token=f"o:{n:012}", label=f"Choice {n}") for n in range(1, count + 1))
    return Say(text="Which one?", options=options, language=language)


def pages(say: Say, capabilities: Capabilities) -> list[Say]:
    found = [page_of(say, capabilities)]
    while more := next_page(found[-1]):
        found.append(page_of(say, capabilities, more.removeprefix(MORE)))
    return found


@given(count=st.integers(0, 120), buttons=st.integers(2, 12))
def test_the_pages_hold_every_option_once_in_order_and_within_the_limit(count: int, buttons: int) -> None:
    say = menu(count)
    found = pages(say, replace(WHATSAPP, buttons=buttons))
    assert all(len(page.options) <= buttons for page in found)
    shown = [option for page in found for option in page.options if not option.token.startswith(MORE)]
    assert tuple(shown) == say.options
    seen = 0
    for page in found:
        assert page.first == seen
        seen += sum(not option.token.startswith(MORE) for option in page.options)


def test_ten_fit_and_eleven_are_nine_and_two() -> None:
    assert page_of(menu(10), WHATSAPP) == menu(10)
    assert [len(page.options) for page in pages(menu(11), WHATSAPP)] == [10, 2]
    assert [len(page.options) for page in pages(menu(19), WHATSAPP)] == [10, 10]
    assert [len(page.options) for page in pages(menu(20), WHATSAPP)] == [10, 10, 2]


def test_more_is_in_the_persons_language_and_fits_every_list() -> None:
    for language, label in MORE_LABELS.items():
        assert page_of(menu(11, f"{language}-XX"), WHATSAPP).options[-1].label == label
        assert len(label) <= 20
    assert page_of(menu(11, "so"), WHATSAPP).options[-1].label == MORE_LABELS["en"]


def test_channels_without_pages_and_options_that_open_an_address_get_a_numbered_list() -> None:
    assert page_of(menu(30), CAPABILITIES["telegram"]) == menu(30)
    linked = replace(menu(11), options=(*menu(10).options, Option(token="l", label="Page", url="https://example.org")))
    assert page_of(linked, WHATSAPP) == linked


def test_an_option_that_is_gone_begins_at_the_first_page() -> None:
    assert page_of(menu(11), WHATSAPP, "o:gone") == page_of(menu(11), WHATSAPP)


def test_a_later_page_as_a_plain_text_keeps_its_numbers_and_names_more_without_one() -> None:
    second = pages(menu(25), WHATSAPP)[1]
    assert render(second, WHATSAPP) == (second,)
    plain = simplest(second, WHATSAPP)
    assert isinstance(plain, Say)
    lines = plain.text.split("\n\n")[1].split("\n")
    assert lines == [*(f"{n}. Choice {n}" for n in range(10, 19)), "More …"]
