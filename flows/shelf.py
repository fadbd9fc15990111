"""What people can leaf through: topics, and the pages of entries, rumours and centres of each. Generated, never listed.

A page is named by kind, topics and number (``faq:work:2``), so its button works again whenever it is pressed. On the
first page of a topic stand its entries, and where there are any, buttons for its rumours and its centres; "More" leads
to the next. All of it fits the buttons of the smallest messenger of the bot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flows.knowledge_spec import Centre, FaqEntry, Rumour

__all__ = ["KINDS", "Page", "Shelf", "read_page"]

#: Kinds of things that can be leafed through.
KINDS = ("faq", "rumours", "centres")
#: Buttons that stand on every page: main menu and human.
_ALWAYS = 2
#: A page has at least so many things, also where a messenger shows no buttons: there they are numbers.
_FEWEST = 4
#: Where nothing limits the buttons, more would push the text off a phone's screen.
_MOST = 12


@dataclass(frozen=True, slots=True)
class Page:
    """One page: things of a kind under some topics. ``topics`` empty: the list of topics itself."""

    kind: str
    topics: tuple[str, ...]
    number: int

    @property
    def name(self) -> str:
        """Return how a button names it."""
        return f"{self.kind}:{'+'.join(self.topics)}:{self.number}"


def read_page(name: str) -> Page:
    """Return the page that a name means; raises ValueError for anything else."""
    kind, topics, number = name.split(":")
    return Page(kind, tuple(topics.split("+")) if topics else (), int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Everything of a bot that people can leaf through, in the order in which it was written."""

    #: Topic -> what it is called, in the source language.
    topics: Mapping[str, str]
    entries: Mapping[str, FaqEntry]
    #: Entry or rumour -> its topic.
    topic_of: Mapping[str, str]
    rumours: Mapping[str, Rumour] = field(default_factory=dict)
    centres: Mapping[str, Centre] = field(default_factory=dict)
    #: Buttons that fit on a page.
    room: int = 10

    def things(self, kind: str, topics: Sequence[str], today: date | None = None) -> tuple[str, ...]:
        """Return the ids of a kind under these topics; urgent ones first, centres that ended replaced.

        Without ``today`` nothing has ended yet: the checker counts with everything.
        """
        match kind:
            case "faq":
                found = [name for topic in topics for name in self.entries if self.topic_of[name] == topic]
                return tuple(sorted(found, key=lambda name: self.entries[name].urgent != "yes"))
            case "rumours":
                return tuple(name for topic in topics for name in self.rumours if self.topic_of[name] == topic)
            case _:
                listed = [name for topic in topics for name, one in self.centres.items() if topic in one.topics]
                present = [self.present(name, today) for name in listed] if today is not None else listed
                return tuple(dict.fromkeys(name for name in present if name is not None))

    def present(self, centre: str, today: date) -> str | None:
        """Return a centre that exists on this day: itself, or the first of its fallbacks that does."""
        seen: set[str] = set()
        name: str | None = centre
        while name is not None and name in self.centres and name not in seen:
            seen.add(name)
            until = self.centres[name].valid_until
            if until is None or today <= until:
                return name
            name = self.centres[name].fallback
        return None

    def pages(self, page: Page, today: date | None = None) -> tuple[tuple[str, ...], ...]:
        """Return what stands on each page of the kind and topics of ``page``."""
        if not page.topics:
            things: Sequence[str] = self.filled_topics(page.kind, today)
        else:
            things = self.things(page.kind, page.topics, today)
        more = len(self.beside(page, today))
        room = max(min(self.room, _MOST) - _ALWAYS, _FEWEST)
        first = max(room - more, 1)
        if len(things) <= first:
            return (tuple(things),)
        first = max(first - 1, 1)  # "More" needs a button
        pages, rest = [tuple(things[:first])], list(things[first:])
        while len(rest) > room:
            pages.append(tuple(rest[: room - 1]))
            rest = rest[room - 1 :]
        return (*pages, tuple(rest))

    def filled_topics(self, kind: str, today: date | None = None) -> tuple[str, ...]:
        """Return the topics under which there is something of a kind."""
        return tuple(topic for topic in self.topics if self.things(kind, (topic,), today))

    def beside(self, page: Page, today: date | None = None) -> tuple[str, ...]:
        """Return the other kinds that a first page of entries offers."""
        if page.kind != "faq" or not page.topics or page.number != 1:
            return ()
        return tuple(kind for kind in ("rumours", "centres") if self.things(kind, page.topics, today))

    def all_pages(self, topics: Sequence[str]) -> Iterator[Page]:
        """Yield every page that can be shown for these topics, counted with everything that ever was there."""
        for kind in KINDS:
            first = Page(kind, tuple(topics), 1)
            for number in range(1, len(self.pages(first)) + 1):
                yield Page(kind, tuple(topics), number)
