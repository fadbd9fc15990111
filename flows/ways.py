"""The graph of a bot: from each step every way on, with what it takes to go it. The checker and the pictures read it.

Works for a half-broken bot too: a step that could not be read is *open*, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from flows.program import Command, Flow, Step
from flows.verbs import Exit

__all__ = ["Node", "Way", "Ways"]

#: (flow, step)
Node = tuple[str, str]
WayKind = Literal["answer", "timeout", "always", "handoff", "failure", "call", "skip"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way on. ``target`` None: the flow ends here."""

    label: str
    kind: WayKind
    target: Node | None
    path: tuple[str | int, ...] = ()
    #: The step falls off the end of its flow without saying so.
    falls: bool = False


@dataclass(slots=True, kw_only=True)
class Ways:
    """All steps and the ways between them."""

    flows: Mapping[str, Flow]
    commands: Mapping[str, Command]
    home: str
    start: str
    #: Steps that could not be read.
    open: frozenset[Node] = frozenset()
    #: Target of a button below an answer -> the entry; it can be pressed anywhere.
    led_from: Mapping[str, str] = field(default_factory=dict)
    ways: dict[Node, tuple[Way, ...]] = field(default_factory=dict)
    #: Called flow -> steps that call it and come back.
    callers: dict[str, list[Node]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flows: Mapping[str, Flow],
        commands: Mapping[str, Command],
        *,
        home: str,
        start: str,
        open_steps: frozenset[Node] = frozenset(),
        led_from: Mapping[str, str] | None = None,
    ) -> Ways:
        """Build the graph of these flows."""
        found = cls(flows=flows, commands=commands, home=home, start=start, open=open_steps, led_from=led_from or {})
        for flow in flows.values():
            for step in flow.steps.values():
                ways = found.ways[flow.id, step.id] = tuple(found._of_step(flow, step))
                for called in {way.target[0] for way in ways if way.kind == "call" and way.target is not None}:
                    found.callers.setdefault(called, []).append((flow.id, step.id))
        return found

    def _of_step(self, flow: Flow, step: Step) -> Iterator[Way]:
        after = self.resolve(step.next, flow.id) if step.next is not None else None
        for way in step.verb.exits(step.spec):
            yield self._of_exit(flow, way, after)
        if step.condition is not None or getattr(step.spec, "when", None):
            yield Way("skipped", "skip", after, ("when",), falls=after is None)

    def _of_exit(self, flow: Flow, way: Exit, after: Node | None) -> Way:
        if way.end:
            return Way(way.label, way.kind, None, way.path)
        if way.target is None:
            return Way(way.label, way.kind, after, way.path, falls=after is None)
        if way.kind == "call":  # names a flow, even where a step has the same name
            return Way(way.label, way.kind, self.first(way.target) or ("?", way.target), way.path)
        return Way(way.label, way.kind, self.resolve(way.target, flow.id) or ("?", way.target), way.path)

    def resolve(self, target: str, flow: str) -> Node | None:
        """Return the step a target names, as :meth:`flows.program.Program.place` does; None when there is none."""
        name, dot, step = target.partition(".")
        if dot:
            return (name, step)
        if flow in self.flows and (target in self.flows[flow].steps or (flow, target) in self.open):
            return flow, target
        return (target, self.flows[target].first) if target in self.flows else None

    def step(self, node: Node) -> Step | None:
        """Return a step that could be read."""
        flow = self.flows.get(node[0])
        return flow.steps.get(node[1]) if flow is not None else None

    def first(self, flow: str) -> Node | None:
        """Return the first step of a flow."""
        found = self.flows.get(flow)
        return (flow, found.first) if found is not None else None

    def called_from(self, flow: str) -> set[str]:
        """Return every flow that is called from a flow, or from a flow called from it, and so on."""
        found: set[str] = set()
        todo = [flow]
        while todo:
            name = todo.pop()
            steps = self.flows[name].steps if name in self.flows else ()
            for step in steps:
                for way in self.ways[name, step]:
                    if way.kind == "call" and way.target is not None and way.target[0] not in found:
                        found.add(way.target[0])
                        todo.append(way.target[0])
        return found

    def entered(self) -> dict[Node, str]:
        """Return the steps that can be entered from outside every flow, and how."""
        found: dict[Node, str] = {}
        starts = [(self.start, "the start"), (self.home, "home")]
        starts += [(command.goto or command.call or "", name) for name, command in self.commands.items()]
        starts += [(target, f"the answer {entry}") for target, entry in self.led_from.items()]
        for target, how in starts:
            node = self.resolve(target, "") if target else None
            if node is not None:
                found.setdefault(node, how)
        return found

    def reachable(self, guesses: Mapping[Node, set[Node]]) -> set[Node]:
        """Return every step that somebody can come to; ``guesses`` are ways that a mistake may hide."""
        todo = [*self.entered(), *(node for targets in guesses.values() for node in targets)]
        landings = (self.resolve(flow.on_update, flow.id) for flow in self.flows.values() if flow.on_update)
        todo.extend(node for node in landings if node is not None)
        seen: set[Node] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            todo.extend(way.target for way in self.ways.get(node, ()) if way.target is not None)
        return seen

    def waits(self, node: Node) -> bool:
        """Return whether a conversation comes to rest at this step. Steps that could not be read count as resting."""
        step = self.step(node)
        return step is None or step.verb.waits

    def takes_commands(self, node: Node) -> bool:
        """Return whether words such as "menu" work at this step."""
        step = self.step(node)
        return step is not None and step.verb.waits and getattr(step.spec, "commands", "on") == "on"
