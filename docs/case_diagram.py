"""The life of a case, drawn from its table: a Mermaid diagram and the table in words. Used by ``docs/build.py``."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.cases import STARTS, TABLE, Step

__all__ = ["PARTS"]

#: What does not move a case is told in the table only; the diagram would drown in it.
_WHO = {
    "anybody": "anybody who counsels",
    "owner": "the owner",
    "offered": "whoever it is offered to",
    "person": "the person",
    "clock": "the clock or the person",
    "system": "the system",
}


def diagram() -> str:
    """Return the states and what leads from one to another."""
    edges: dict[tuple[str, str], list[str]] = {}
    for why, state in STARTS:
        edges.setdefault(("[*]", state), []).append(why)
    for (state, event), line in TABLE.items():
        for way, condition in _ways(line):
            if way.to != state and way.to != "erased":
                edges.setdefault((state, way.to), []).append(event.__name__ + condition)
    rows = ["```mermaid", "stateDiagram-v2"]
    rows += [f"    {start} --> {end}: {', '.join(dict.fromkeys(whys))}" for (start, end), whys in edges.items()]
    rows += ["    closed --> [*]", "```", ""]
    return "\n".join(rows)


def table() -> str:
    """Return every line of the table."""
    rows = [
        "| state | event | by | new state | mark | the person is told | effects |",
        "|---|---|---|---|---|---|---|",
    ]
    for (state, event), line in sorted(TABLE.items(), key=lambda row: (row[0][0], row[0][1].__name__)):
        for way, condition in _ways(line):
            told = f"`{way.notice}`" if way.notice else ""
            marked = f"`{way.mark}`" if way.mark else ""
            rows.append(
                f"| {state} | {event.__name__}{condition} | {_WHO[way.who]} | {way.to} | {marked} | {told} "
                f"| {', '.join(way.effects)} |"
            )
    return "\n".join(rows) + "\n"


def _ways(line: Step) -> Iterator[tuple[Step, str]]:
    yield line, " (owner ready)" if line.otherwise is not None else ""
    if line.otherwise is not None:
        yield line.otherwise, " (owner away)"


PARTS = {"case-diagram": diagram, "case-table": table}
