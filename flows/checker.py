"""The proof that a human, the menu and stop are reachable from every step, whatever goes wrong on the way.

Theory of operation
-------------------
The person chooses among answers and words; everything else (which branch holds, whether an outside call succeeds,
whether an answer is understood) is chosen by an adversary. A step is *good* when, against every adversary, the person
can bring the conversation from it to the goal. That is the least fixed point of

- a step that only acts: all its ways are good; a call: the first step of the called flow is good;
- a step that waits: words work there and a command leads to a good step, or one answer is good and so are all ways that
  nobody chooses;
- a step with ``when``: itself and the step below it are good, because it may be skipped;
- the end of a flow: all steps it can come back to are good; at the top only commands are left.

The least fixed point matters: a word proves nothing about its own target. If "human" leads to a step from which only
"human" leads on, nobody ever arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flows.ways import Node, Way, Ways

__all__ = ["HUMAN", "Failure", "Proof", "prove"]

#: The command that asks for a human; the chain offers it by this name.
HUMAN = "human"
#: Where all commands meet.
_COMMANDS: Node = ("", "commands")
Rule = tuple[str, tuple["Node | Rule", ...]]


@dataclass(frozen=True, slots=True)
class Failure:
    """One place from which the goal cannot be reached for sure."""

    code: str
    node: Node
    #: Inside the step, where the failing way is written.
    path: tuple[str | int, ...]
    message: str


class Proof:
    """Which steps are good for one goal."""

    def __init__(self, ways: Ways, goal: Callable[[Node], bool], given: frozenset[Node] = frozenset()) -> None:
        self.ways = ways
        self.rules: dict[Node, Rule] = {}
        self.goal = goal
        self.good: set[Node] = set(ways.open) | set(given)
        for node in ways.ways:
            self.rules[node] = self._rule(node)
        tops = {node[0] for node in self._tops()}
        for flow in ways.flows:
            self.rules[_end(flow)] = self._end_rule(flow, top=flow in tops)
        self.rules[_COMMANDS] = ("any", tuple(self._command_targets()))
        self._solve()

    def holds(self, node: Node) -> bool:
        """Return whether the goal is reachable from a step. Steps that could not be read count as good."""
        return node in self.good or node not in self.rules

    # -- the rules -------------------------------------------------------------------------------------

    def _to(self, node: Node, way: Way) -> Node:
        return way.target if way.target is not None else _end(node[0])

    def _rule(self, node: Node) -> Rule:
        ways = self.ways.ways[node]
        skips = tuple(self._to(node, way) for way in ways if way.kind == "skip")
        calls = tuple(self._to(node, way) for way in ways if way.kind == "call")
        chosen = tuple(self._to(node, way) for way in ways if way.kind in ("answer", "timeout", "handoff"))
        forced = tuple(self._to(node, way) for way in ways if way.kind in ("always", "failure"))
        if self.goal(node):
            inner: Rule = ("all", ())
        elif calls:
            inner = ("all", calls)
        elif not self.ways.waits(node):
            inner = ("all", (*forced, *chosen))
        else:
            alone: Rule = ("all", (*forced, ("any", chosen))) if chosen else ("all", forced)
            if not chosen and not forced:
                alone = ("any", ())
            inner = ("any", (_COMMANDS, alone)) if self.ways.takes_commands(node) else alone
        return ("all", (inner, *skips)) if skips else inner

    def _end_rule(self, flow: str, *, top: bool) -> Rule:
        """Where a flow comes back to: behind each step that calls it, or to nothing but the commands."""
        back: list[Node] = []
        callers = self.ways.callers.get(flow, [])
        deeper = self.ways.called_from(flow) if callers else set()
        for caller in callers:
            if caller[0] in deeper:
                continue  # flows that call each other in a circle are an error of their own
            step = self.ways.step(caller)
            back.append((caller[0], step.next) if step is not None and step.next is not None else _end(caller[0]))
        if top or not back:
            back.append(_COMMANDS)
        return ("all", tuple(back))

    def _tops(self) -> Iterator[Node]:
        """Yield steps at which a flow begins that has no caller."""
        yield from self.ways.entered()
        for node, ways in self.ways.ways.items():
            for way in ways:
                if way.kind != "call" and way.target is not None and way.target[0] != node[0]:
                    yield way.target

    def _command_targets(self) -> Iterator[Node]:
        for command in self.ways.commands.values():
            target = command.goto or command.call or (self.ways.start if command.action == "restart" else None)
            node = self.ways.resolve(target, "") if target else None
            if node is not None:
                yield node

    # -- the fixed point -------------------------------------------------------------------------------

    def _solve(self) -> None:
        needed: dict[Node, list[Node]] = {}
        for node, rule in self.rules.items():
            for leaf in _leaves(rule):
                needed.setdefault(leaf, []).append(node)
        todo = list(self.rules)
        while todo:
            node = todo.pop()
            if node in self.good or not self._true(self.rules[node]):
                continue
            self.good.add(node)
            todo.extend(needed.get(node, ()))

    def _true(self, rule: Rule) -> bool:
        join = all if rule[0] == "all" else any
        return join(self.holds(part) if _is_node(part) else self._true(part) for part in rule[1])  # type: ignore[arg-type]

    # -- what fails ------------------------------------------------------------------------------------

    def bad_ways(self, node: Node) -> list[Way]:
        """Return the ways of a step that do not lead to the goal for sure; at the goal only skipping it can fail."""
        ways = self.ways.ways.get(node, ())
        if self.goal(node):
            ways = tuple(way for way in ways if way.kind == "skip")
        return [way for way in ways if not self.holds(self._to(node, way))]

    def traps(self) -> Iterator[Node]:
        """Yield one step for each set of steps from which nothing leads on: where people are stuck."""
        bad = [node for node in self.ways.ways if not self.holds(node)]
        reach = {node: self._bad_from(node) for node in bad}
        told: set[Node] = set()
        for node in bad:
            bottom = all(node in reach[other] for other in reach[node])
            if not bottom or node in told:
                continue
            told |= reach[node] | {node}
            inside = [other for other in bad if other in reach[node] or other == node]
            yield next((other for other in inside if self.ways.waits(other)), node)

    def _bad_from(self, node: Node) -> set[Node]:
        seen: set[Node] = set()
        todo = [node]
        while todo:
            for target in self._bad_next(todo.pop()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return {found for found in seen if found in self.ways.ways}

    def _bad_next(self, node: Node) -> Iterator[Node]:
        """Yield where a bad way of a step, or the end of a flow, leads to."""
        if node in self.ways.ways:
            yield from (self._to(node, way) for way in self.bad_ways(node))
        elif node in self.rules:
            yield from (leaf for leaf in _leaves(self.rules[node]) if not self.holds(leaf))

    def walk(self, node: Node) -> tuple[str, Node, Way | None]:
        """Return a path that fails, as words; and the last step on it where another way would have been good."""
        words = [_name(node)]
        seen = {node}
        culprit: tuple[Node, Way | None] = (node, None)
        at = node
        while True:
            bad = self.bad_ways(at)
            if not bad:
                words.append("stuck" if self.ways.waits(at) else "end")
                break
            way = next((one for one in bad if one.target not in seen), bad[0])
            if self.goal(at) or len(bad) < len(self.ways.ways[at]):
                culprit = (at, way)
            label = f" ({way.label})" if way.label else ""
            if way.target is None:
                words.append(f"the flow ends{label}")
                break
            words.append(_name(way.target) + label)
            if way.target in seen or way.target not in self.ways.ways:
                words.append("and so on")
                break
            seen.add(way.target)
            at = way.target
        return " → ".join(words), *culprit


def _end(flow: str) -> Node:
    return (flow, "")


def _name(node: Node) -> str:
    return f"{node[0]}.{node[1]}"


def _is_node(part: object) -> bool:
    return isinstance(part, tuple) and isinstance(part[1], str)


def _leaves(rule: Rule) -> Iterator[Node]:
    for part in rule[1]:
        if _is_node(part):
            yield part  # type: ignore[misc]
        else:
            yield from _leaves(part)  # type: ignore[arg-type]


def prove(ways: Ways, *, whole: bool = True) -> list[Failure]:
    """Return every place that breaks the promise; an empty list is the proof.

    ``whole`` is False where commands could not be read: they are taken to be good, and only the rest is judged.
    """
    if not whole:
        given = frozenset({_COMMANDS})
        return [*_traps(ways, "E601", _is_human(ways), given), *_traps(ways, "E602", _is_home(ways), given)]
    return [*_human(ways), *_menu(ways), *_stop(ways)]


_GOALS = {"E601": "no human can be reached", "E602": "the main menu cannot be reached"}


def _traps(ways: Ways, code: str, goal: Callable[[Node], bool], given: frozenset[Node]) -> Iterator[Failure]:
    proof = Proof(ways, goal, given)
    for node in proof.traps():
        path, _, _ = proof.walk(node)
        yield Failure(code, node, (), f"from {_name(node)} {_GOALS[code]}: {path}")


def _is_home(ways: Ways) -> Callable[[Node], bool]:
    home = ways.resolve(ways.home, "")
    return lambda node: node == home


def _is_human(ways: Ways) -> Callable[[Node], bool]:
    def human(node: Node) -> bool:
        step = ways.step(node)
        return step is not None and step.verb.human

    return human


def _human(ways: Ways) -> Iterator[Failure]:
    command = ways.commands.get(HUMAN)
    target = ways.resolve(command.goto or command.call or "", "") if command is not None else None
    given: frozenset[Node] = frozenset()
    if target is None:
        yield Failure("E605", ("", HUMAN), (), f"no command called {HUMAN} leads to a human")
        given = frozenset({_COMMANDS})  # this is told; what else is wrong?
    elif target in ways.ways:
        proof = Proof(ways, _is_human(ways))
        if not proof.holds(target):
            path, node, way = proof.walk(target)
            message = f"whoever asks for a human may not get one: {path}"
            yield Failure("E604", node, way.path if way else (), message)
            given = frozenset({target})
    yield from _traps(ways, "E601", _is_human(ways), given)


def _menu(ways: Ways) -> Iterator[Failure]:
    home = ways.resolve(ways.home, "")
    if home is None or home not in ways.ways:
        return
    leading = [
        name
        for name, command in ways.commands.items()
        if (target := command.goto or command.call) and ways.resolve(target, "") == home
    ]
    given: frozenset[Node] = frozenset()
    if not leading:
        message = f"no command leads to the main menu, {_name(home)}"
        yield Failure("E606", ("", "menu"), (), message)
        given = frozenset({_COMMANDS})
    yield from _traps(ways, "E602", _is_home(ways), given)


def _stop(ways: Ways) -> Iterator[Failure]:
    """Words to stop are heard at every step before anything else; so all it takes is that there are any."""
    if not any(command.action == "stop" for command in ways.commands.values()):
        yield Failure("E603", ("", "stop"), (), "no command makes the bot fall silent")
