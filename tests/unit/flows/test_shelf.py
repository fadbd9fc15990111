"""Pages of the shelf: nothing is left out, nothing stands twice, and every page fits the buttons."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.knowledge_spec import Centre, FaqEntry, Rumour
from flows.shelf import Page, Shelf, read_page

BASE: dict[str, Any] = {"source": "https://x.org", "certainty": "B", "checked": "2026-01-01", "review_by": "2027-01-01"}


def shelf(entries: dict[str, str], rumours: int = 0, centres: int = 0, room: int = 10, urgent: str = "") -> Shelf:
    """Return a shelf of entries (id -> topic), and rumours and centres of topic a."""
    found = {
        name: FaqEntry.model_validate(
            {**BASE, "question": "q", "answer": "a", "urgent": "yes" if name == urgent else "no"}
        )
        for name in entries
    }
    told = {
        f"r{n}": Rumour.model_validate({**BASE, "topic": "a", "title": "t", "claim": "c", "truth": "t", "share": "s"})
        for n in range(rumours)
    }
    places = {
        f"c{n}": Centre.model_validate({**BASE, "name": "n", "what": "w", "topics": ["a"], "url": "https://x.org"})
        for n in range(centres)
    }
    topics = dict.fromkeys(entries.values(), "Label") | {"a": "Label"}
    topic_of = entries | dict.fromkeys(told, "a")
    return Shelf(topics=topics, entries=found, topic_of=topic_of, rumours=told, centres=places, room=room)


@given(
    count=st.integers(0, 60),
    rumours=st.integers(0, 30),
    centres=st.integers(0, 30),
    room=st.integers(6, 30),
    kind=st.sampled_from(["faq", "rumours", "centres"]),
)
def test_pages_hold_everything_once_and_fit(count, rumours, centres, room, kind):
    full = shelf({f"e{n}": "a" for n in range(count)}, rumours, centres, room)
    first = Page(kind, ("a",), 1)
    pages = full.pages(first)
    assert [name for page in pages for name in page] == list(full.things(kind, ("a",)))
    for number, page in enumerate(pages, 1):
        buttons = len(page) + (number < len(pages)) + len(full.beside(Page(kind, ("a",), number)))
        assert buttons + 2 <= max(min(room, 12), 6)
        assert page or not full.things(kind, ("a",))
    assert [page.number for page in full.all_pages(("a",)) if page.kind == kind] == list(range(1, len(pages) + 1))


@given(topics=st.integers(0, 40), room=st.integers(6, 30))
def test_the_list_of_topics_is_paged_too(topics, room):
    full = shelf({f"e{n}": f"t{n}" for n in range(topics)}, room=room)
    pages = full.pages(Page("faq", (), 1))
    assert [name for page in pages for name in page] == [f"t{n}" for n in range(topics)]


def test_what_is_urgent_stands_first():
    full = shelf({"one": "a", "two": "a", "three": "a"}, urgent="three")
    assert full.things("faq", ("a",)) == ("three", "one", "two")


def test_only_topics_with_something_are_listed():
    full = shelf({"one": "b"}, rumours=1)
    assert full.filled_topics("faq") == ("b",)
    assert full.filled_topics("rumours") == ("a",)


@pytest.mark.parametrize("page", [Page("faq", ("work",), 2), Page("rumours", ("a", "b"), 1), Page("centres", (), 3)])
def test_a_page_is_read_from_its_name(page):
    assert read_page(page.name) == page


@pytest.mark.parametrize("name", ["", "faq", "faq:a", "faq:a:x"])
def test_what_names_no_page_is_refused(name):
    with pytest.raises(ValueError, match=r"unpack|literal"):
        read_page(name)
