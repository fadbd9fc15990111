"""How many taps it takes from the main menu to every entry, rumour and centre; nobody should have to type to find one.

Counted on the graph of the flows: an option of a step that waits is one tap, so is "More" and so is the thing itself.
What is found only by typing, by a reminder or behind a human does not count.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from flows.shelf import Page, Shelf
from flows.verbs import Shown
from flows.ways import Node, Ways

__all__ = ["MOST_TAPS", "MOST_URGENT", "taps"]

#: From the main menu to anything.
MOST_TAPS = 4
#: From the main menu to what cannot wait.
MOST_URGENT = 3


def taps(ways: Ways, shelf: Shelf) -> dict[str, int]:
    """Return for every thing that menus lead to how many taps that takes from the main menu."""
    found: dict[str, int] = {}
    home = ways.resolve(ways.home, "")
    if home is None:
        return found
    for node, count in _nearest(ways, home).items():
        step = ways.step(node)
        for shown in step.verb.shelves(step.spec) if step is not None else ():
            for name, more in _on_pages(shelf, shown):
                whole = count + shown.after + more
                found[name] = min(found.get(name, whole), whole)
    for name, entry in shelf.entries.items():
        for centre in entry.centres if name in found else ():
            found[centre] = min(found.get(centre, found[name] + 1), found[name] + 1)
    return found


def _nearest(ways: Ways, home: Node) -> dict[Node, int]:
    """Return the least number of taps to every step that options lead to."""
    best: dict[Node, int] = {home: 0}
    todo = [(0, home)]
    while todo:
        count, node = heapq.heappop(todo)
        if count > best[node]:
            continue
        for way in ways.ways.get(node, ()):
            if way.target is None or way.kind in ("timeout", "failure", "handoff"):
                continue
            cost = count + (way.kind == "answer")
            if cost < best.get(way.target, cost + 1):
                best[way.target] = cost
                heapq.heappush(todo, (cost, way.target))
    return best


def _on_pages(shelf: Shelf, shown: Shown) -> Iterator[tuple[str, int]]:
    """Yield every thing that a step's pages lead to, and the taps from the step."""
    first = Page(shown.kind, shown.topics, 1)
    for number, page in enumerate(shelf.pages(first), 1):
        for name in page:
            if shown.topics:
                yield name, number
            else:  # a topic: its own pages open behind it
                for thing, more in _on_pages(shelf, Shown(kind=shown.kind, topics=(name,))):
                    yield thing, number + more
    for kind in shelf.beside(first):
        for thing, more in _on_pages(shelf, Shown(kind=kind, topics=shown.topics)):
            yield thing, more + 1
