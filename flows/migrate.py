"""Bringing a conversation along when the flows were edited: nobody falls out, and what they told is kept."""

from __future__ import annotations

from flows.program import Place, Program, Step
from flows.state import Crumb, Frame, State
from flows.values import Value

__all__ = ["settle"]


def settle(state: State, program: Program) -> tuple[State, bool]:
    """Return the state as it fits ``program``, and whether the person had to be led to another place.

    Renamed steps (``was:``) are followed. A person stays where they are when every step on their stack still exists
    and still does what the stack needs: the lower ones call the flow above them or were interrupted at a question, the
    top one waits if it waited. Otherwise the flow's ``on_update`` step, or home, is next; values are kept and there is
    no open question, so the caller says ``moved`` and lets the engine walk on. The given state is not changed.
    """
    settled = state.copy()
    settled.release = program.release
    if state.release == program.release or not settled.frames:
        return settled, False
    settled.trail = _trail(settled.trail, program)
    for index, frame in enumerate(settled.frames):
        step = program.step(frame.flow, frame.step)
        above = settled.frames[index + 1] if index + 1 < len(settled.frames) else None
        if step is None or not _carries(step, frame, above):
            return _lead_away(settled, index, program), True
        frame.step = step.id
    return settled, False


def _carries(step: Step, frame: Frame, above: Frame | None) -> bool:
    """Return whether the stack can still stand on this step."""
    if frame.wait is not None and (not step.verb.waits or frame.wait.verb not in ("", step.verb.name)):
        return False
    if above is None:
        return True
    if above.interrupt:
        return frame.wait is not None
    return any(way.kind == "call" and way.target == above.flow for way in step.verb.exits(step.spec))


def _lead_away(state: State, index: int, program: Program) -> State:
    """Lead to where the flow of the broken frame says, else home. Frames below stay where that is possible."""
    broken = state.frames[index]
    flow = program.flows.get(broken.flow)
    place = program.home
    if flow is not None and flow.on_update is not None:
        place = program.place(flow.on_update, flow.id)
    below = state.frames[:index] if place.flow == broken.flow else []
    values = _values(state.frames[index if below else 0 :], place)
    interrupt = bool(below) and broken.interrupt
    state.frames = [*below, Frame(flow=place.flow, step=place.step, vars=values, interrupt=interrupt)]
    state.trail = [crumb for crumb in state.trail if crumb.depth <= len(below)]
    return state


def _values(frames: list[Frame], place: Place) -> dict[str, Value]:
    """Return what the person told in the frames that go; the flow's own values win."""
    values: dict[str, Value] = {}
    for frame in sorted(frames, key=lambda frame: frame.flow == place.flow):
        values |= frame.vars
    return values


def _trail(trail: list[Crumb], program: Program) -> list[Crumb]:
    """Return the crumbs whose steps still exist, under their present names."""
    kept = []
    for crumb in trail:
        step = program.step(crumb.flow, crumb.step)
        if step is not None:
            kept.append(Crumb(flow=crumb.flow, step=step.id, depth=crumb.depth))
    return kept
