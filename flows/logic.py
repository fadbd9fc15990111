"""Does every flow lead on? Steps nobody reaches, loops without a question, reminders out of order, silent ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.checker import Failure
from flows.program import Step
from flows.ways import Node, Ways

__all__ = ["check_logic"]


def check_logic(ways: Ways, guesses: Mapping[Node, set[Node]], *, whole: bool) -> Iterator[Failure]:
    """Yield what is wrong with the ways. ``whole``: every file could be read, so unreached means unreached."""
    told: set[frozenset[str]] = set()
    for loop in _loops(ways):
        failure = _loop(ways, loop)
        if failure.code == "E302":
            told.add(frozenset(flow for flow, _ in loop))
        yield failure
    yield from _circles(ways, told)
    for node, ways_on in ways.ways.items():
        step = ways.step(node)
        if step is None:
            continue
        yield from _timeouts(node, step)
        again = [way for way in ways_on if way.path == ("give_up",) and way.target == node]
        if again and not any(way.kind == "timeout" and way.target != node for way in ways_on):
            yield Failure("E304", node, ("give_up",), "after giving up, the same question is put again and again")
    yield from _silent_ends(ways)
    if whole:
        seen = ways.reachable(guesses)
        for node in ways.ways:
            if node not in seen:
                yield Failure("W301", node, (), f"no way leads to the step “{node[1]}”")


def _timeouts(node: Node, step: Step) -> Iterator[Failure]:
    timeouts = step.verb.timeouts(step.spec)
    for index, timeout in enumerate(timeouts):
        path = ("timeout", index) if getattr(step.spec, "timeout", None) else ()
        if index and timeout.after <= timeouts[index - 1].after:
            yield Failure("E303", node, (*path, "after"), "this reminder does not come after the one before it")
        if timeout.goto and index + 1 < len(timeouts):
            yield Failure(
                "W303", node, (*path, "goto"), "this reminder leaves the question, so the ones below never come"
            )


# -- loops -------------------------------------------------------------------------------------------------


def _quiet(ways: Ways, passing: set[str]) -> dict[Node, list[Node]]:
    """Return the ways that wait for nobody. ``passing`` are flows that can be run through without a wait."""
    found: dict[Node, list[Node]] = {}
    for node, ways_on in ways.ways.items():
        quiet = found.setdefault(node, [])
        called = next((way.target for way in ways_on if way.kind == "call"), None)
        for way in ways_on:
            if way.target is None:
                continue
            if ways.waits(node) and way.kind != "skip":
                continue
            if called is not None and way.kind == "always" and called[0] not in passing:
                continue
            quiet.append(way.target)
    return found


def _passing(ways: Ways) -> set[str]:
    """Return the flows that can end without waiting for anybody."""
    passing: set[str] = set()
    while True:
        quiet = _quiet(ways, passing)
        more = {flow for flow in ways.flows if flow not in passing and _runs_through(ways, quiet, flow)}
        if not more:
            return passing
        passing |= more


def _runs_through(ways: Ways, quiet: Mapping[Node, list[Node]], flow: str) -> bool:
    first = ways.first(flow)
    todo, seen = [first] if first else [], set()
    while todo:
        node = todo.pop()
        if node in seen or node not in quiet:
            continue
        seen.add(node)
        resting = ways.waits(node)
        if any(way.target is None and (not resting or way.kind == "skip") for way in ways.ways[node]):
            return True
        todo.extend(target for target in quiet[node] if target[0] == flow)
    return False


def _loops(ways: Ways) -> Iterator[list[Node]]:
    """Yield each loop of steps that wait for nobody, once."""
    quiet = _quiet(ways, _passing(ways))
    done: set[Node] = set()
    for start in quiet:
        if start in done:
            continue
        trail: list[Node] = []
        on_trail: dict[Node, int] = {}
        todo: list[tuple[Node, int]] = [(start, 0)]
        while todo:
            node, depth = todo.pop()
            for left in trail[depth:]:
                del on_trail[left]
                done.add(left)
            del trail[depth:]
            if node in done or node not in quiet:
                continue
            if node in on_trail:
                yield trail[on_trail[node] :]
                continue
            on_trail[node] = len(trail)
            trail.append(node)
            todo.extend((target, len(trail)) for target in reversed(quiet[node]))
        done.update(trail)


def _loop(ways: Ways, loop: list[Node]) -> Failure:
    path = " → ".join(f"{flow}.{step}" for flow, step in [*loop, loop[0]])
    calls = any(way.kind == "call" and way.target in loop for node in loop for way in ways.ways[node])
    first = min(loop, key=list(ways.ways).index)
    code, what = ("E302", "these flows call each other") if calls else ("E301", "these steps follow each other")
    return Failure(code, first, (), f"{what} without a question: {path}")


def _circles(ways: Ways, told: set[frozenset[str]]) -> Iterator[Failure]:
    """Yield flows that call each other in a circle, once for each circle; ``told`` are flows known to do so."""
    calls: dict[str, dict[str, Node]] = {}
    for node, ways_on in ways.ways.items():
        for way in ways_on:
            if way.kind == "call" and way.target is not None:
                calls.setdefault(node[0], {}).setdefault(way.target[0], node)
    for flow, called in calls.items():
        for other, node in called.items():
            circle = _way_back(calls, other, flow)
            if circle is not None and frozenset(circle) not in told:
                told.add(frozenset(circle))
                names = " → ".join([flow, *circle])
                yield Failure("E305", node, ("call",), f"these flows call each other in a circle: {names}")


def _way_back(calls: Mapping[str, Mapping[str, Node]], start: str, goal: str) -> list[str] | None:
    todo: list[list[str]] = [[start]]
    seen = {start}
    while todo:
        path = todo.pop(0)
        if path[-1] == goal:
            return path
        for other in calls.get(path[-1], {}):
            if other not in seen:
                seen.add(other)
                todo.append([*path, other])
    return None


def _silent_ends(ways: Ways) -> Iterator[Failure]:
    """Yield steps after which a flow just ends although nobody called it: the person is left with nothing open."""
    called = {way.target[0] for ways_on in ways.ways.values() for way in ways_on if way.kind == "call" and way.target}
    called |= {command.call for command in ways.commands.values() if command.call}
    for node, ways_on in ways.ways.items():
        step = ways.step(node)
        if step is None or node[0] in called or step.verb.human or ways.flows[node[0]].outputs:
            continue
        if any(way.falls for way in ways_on):
            yield Failure("W302", node, (), f"after “{node[1]}” the flow just ends")
