"""The engine: moves a conversation through its flows. Pure.

Theory of operation
-------------------
A *sprint* is one synchronous burst: from an answer (or a timer, a returned call, a command) until the next step that
waits. The engine knows no verb by name. It asks the verb of the step at hand what to do and gets a *move* back:
``Next`` and ``Go`` walk on, ``Enter`` puts a flow on the stack, ``Finish`` takes one off, ``Stay`` ends the sprint.

- The stack holds a frame for each flow entered. The question of the top frame is the open one; below it only
  questions stand that were interrupted. A flow that ends gives its outputs to the ``call`` step below, or, if it was
  entered over an open question, has that question asked again, with its clock.
- Each wait has a number. Timers name it, so that a late one finds another number and is dropped. An outside call is
  known by its id; its answer is kept with the wait while somebody else has the word.
- Buttons name (flow, step, option). A button of the open question answers it; an older one works where its step is
  re-entrant (menus): the flows above it are left, the values kept. Elsewhere the caller explains.
- ``back`` follows crumbs, one for each answered question. Steps whose effect cannot be undone (a handoff, a hook)
  sweep them away.
- Limits end a sprint that would run away: the checker refuses flows that loop without waiting, so a limit reached
  here is a defect and becomes a dead letter with a human, never silence.

Everything mutable lives in the :class:`flows.run.Run` of this turn; the caller's state is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from core.errors import StreetworkError
from flows.effects import BeginIntake, Env
from flows.program import Place, Program, Step
from flows.run import Run
from flows.state import Frame, State
from flows.verbs import Enter, Finish, Given, Go, Move, Next, Stay

__all__ = [
    "SprintTooLong",
    "advance",
    "answer",
    "back",
    "begin",
    "case_over",
    "displaced",
    "go_on",
    "go_to",
    "interrupt",
    "open_step",
    "press",
    "repeat",
    "resume",
    "returned",
    "show_again",
    "timed_out",
]

#: Steps in one sprint, flows on the stack. goflow and Rasa stop at 100 and 250 steps; ours are far from both.
MOST_STEPS = 100
MOST_FRAMES = 30
#: Characters kept of each value of a call that ended while somebody else had the word.
LONGEST_KEPT = 2_000
#: Key of such an answer in the data of its wait.
_ENDED = "ended"


class SprintTooLong(StreetworkError):
    """A sprint ran over its limit: the flows loop. Names the step it was at."""

    code = "sprint-too-long"


def begin(run: Run, place: Place) -> None:
    """Leave everything open and start at ``place``."""
    run.close_wait()
    run.state.frames = [Frame(flow=place.flow, step=place.step)]
    _sprint(run)


def go_to(run: Run, target: str) -> None:
    """Go on at a step by name, as a command does; it means the same wherever the person stands."""
    begin(run, run.program.place(target, ""))


def open_step(run: Run) -> Step | None:
    """Return the step whose question is open, if any."""
    frame = run.state.top
    if frame is None or frame.wait is None:
        return None
    return run.program.step(frame.flow, frame.step)


def answer(run: Run, given: Given) -> bool:
    """Give the open question an answer; False when there is none or the step takes no such answer."""
    step = open_step(run)
    if step is None:
        return False
    move = step.verb.answer(step, run, given)
    if move is None:
        return False
    _leave(run, step, move)
    return True


def press(run: Run, flow: str, step_id: str, option: str, given: Given) -> bool:
    """Follow a button; False when its step is gone or can no longer be answered."""
    return _stand_at(run, flow, step_id) is not None and answer(run, given)


def show_again(run: Run, flow: str, step_id: str) -> bool:
    """Put the question of a step again; False when its step is gone or can no longer be answered."""
    step = _stand_at(run, flow, step_id)
    if step is not None:
        step.verb.show(step, run)
    return step is not None


def _stand_at(run: Run, flow: str, step_id: str) -> Step | None:
    """Come back to the open question of a step, interrupted or not, or open it again where that is allowed."""
    step = run.program.step(flow, step_id)
    if step is None:
        return None
    depth = _depth(run, lambda frame: frame.wait is not None and (frame.flow, frame.step) == (step.flow, step.id))
    if depth is not None:
        _cut(run, depth)
    elif step.verb.reentrant and _reenter(run, step):
        run.wait(step)
    else:
        return None
    return step


def _depth(run: Run, fits: Callable[[Frame], bool]) -> int | None:
    """Return how high the stack is up to the topmost frame that fits."""
    frames = run.state.frames
    return next((n for n in range(len(frames), 0, -1) if fits(frames[n - 1])), None)


def _cut(run: Run, depth: int) -> None:
    """Leave every flow above so many frames, and the crumbs in them."""
    if depth < len(run.state.frames):
        run.close_wait()
        run.state.frames = run.state.frames[:depth]
        run.state.trail = [crumb for crumb in run.state.trail if crumb.depth <= depth]


def _reenter(run: Run, step: Step) -> bool:
    """Stand at an earlier step again; flows above it are left, values are kept."""
    depth = _depth(run, lambda frame: frame.flow == step.flow)
    if depth is not None:
        run.close_wait()
        _cut(run, depth)
        run.frame.step, run.frame.wait = step.id, None
        return True
    flow = run.program.flows[step.flow]
    if flow.inputs or flow.outputs:
        return False
    if open_step(run) is not None and any(command.call == step.flow for command in run.program.commands.values()):
        run.state.frames.append(Frame(flow=step.flow, step=step.id, interrupt=True))
        return True
    run.close_wait()
    run.state.frames = [Frame(flow=step.flow, step=step.id)]
    return True


def timed_out(run: Run, wait: int, index: int) -> bool:
    """Handle the reminder ``index`` of the wait with this number; False when that wait is over."""
    step = open_step(run)
    if step is None or run.frame.wait is None or run.frame.wait.n != wait:
        return False
    if index >= len(step.verb.reminders(step, run)):
        return False  # an edit took this reminder away
    _leave(run, step, step.verb.timed_out(step, run, index))
    return True


def returned(run: Run, call_id: str, values: Mapping[str, str], error: str | None, *, hold: bool = False) -> bool:
    """Handle the end of an outside call; False when nobody waits for it any more.

    ``hold``, or a flow that was entered over the waiting step, keeps the answer until the step is resumed.
    """
    depth = _depth(run, lambda frame: frame.wait is not None and frame.wait.data.get("call") == call_id)
    frame = run.state.frames[depth - 1] if depth is not None else None
    step = run.program.step(frame.flow, frame.step) if frame is not None else None
    if frame is None or frame.wait is None or step is None:
        return False
    if hold or frame is not run.state.top:
        kept = {name: values[name][:LONGEST_KEPT] for name in step.verb.saves(step.spec) if name in values}
        frame.wait.data[_ENDED] = msgspec.json.encode((kept, error)).decode()
    else:
        _leave(run, step, step.verb.returned(step, run, values, error))
    return True


def case_over(run: Run) -> None:
    """Go on after a human ended the case: behind the handoff step if it is still open, else where people stand."""
    depth = _depth(run, lambda frame: _is_handoff(run, frame))
    if depth is not None:
        _cut(run, depth)
    step = open_step(run)
    if step is not None and depth is not None:
        _leave(run, step, step.verb.after(step, run))
    elif step is not None:
        resume(run)
    elif run.state.frames:
        go_on(run)
    else:
        begin(run, run.program.home)


def _is_handoff(run: Run, frame: Frame) -> bool:
    step = run.program.step(frame.flow, frame.step) if frame.wait is not None else None
    return step is not None and step.verb.human


def repeat(run: Run) -> None:
    """Put the open question once more; its tries and its timer stay as they are."""
    step = open_step(run)
    if step is not None:
        step.verb.show(step, run)


def resume(run: Run, *, show: bool = True) -> None:
    """Come back to the open question after somebody else had the word: put it once more and let its clock run again.

    A call that ended meanwhile leads on at once. ``show`` false only starts the clock.
    """
    step = open_step(run)
    wait = run.state.wait
    if step is None or wait is None:
        return
    ended = wait.data.pop(_ENDED, None)
    if ended is not None:
        values, error = msgspec.json.decode(ended, type=tuple[dict[str, str], str | None])
        _leave(run, step, step.verb.returned(step, run, values, error))
        return
    if show:
        step.verb.show(step, run)
    if step.verb.renews:
        wait.opened = run.env.now
        run.set_reminder(step, 0)
        return
    reminders = step.verb.reminders(step, run)
    due = [index for index, timeout in enumerate(reminders) if wait.opened + timeout.after > run.env.now]
    late = [index for index, timeout in enumerate(reminders) if not timeout.say]
    # What leads on must come, even late; words of patience whose time has passed are not made up for.
    run.set_reminder(step, next(iter(due or late), len(reminders)))


def displaced(run: Run) -> bool:
    """Return whether an edit of the flows led this person to a step that has not been entered yet."""
    top = run.state.top
    return top is not None and top.wait is None


def go_on(run: Run) -> None:
    """Enter the step at which the person was put; what they told stays."""
    _sprint(run)


def interrupt(run: Run, flow: str) -> None:
    """Run a flow over the open question, which is asked again afterwards. A flow interrupts only once at a time."""
    depth = _depth(run, lambda frame: frame.interrupt and frame.flow == flow)
    if depth is not None:
        _cut(run, depth - 1)
    elif run.frame.flow == flow:
        repeat(run)
        return
    _move(run, None, Enter(flow, interrupt=True))
    _sprint(run)


def back(run: Run) -> bool:
    """Return to the question before, or to the one that was interrupted; False when there is none."""
    over = _depth(run, lambda frame: frame.interrupt)
    if over is not None and not any(crumb.depth >= over for crumb in run.state.trail):
        _cut(run, over - 1)
        resume(run)
        return True
    trail = run.state.trail
    while trail:
        crumb = trail[-1]
        run.state.trail = trail = trail[:-1]
        frames = run.state.frames
        if run.program.step(crumb.flow, crumb.step) is None:
            continue
        if crumb.depth <= len(frames) and frames[crumb.depth - 1].flow == crumb.flow:
            run.close_wait()
            run.state.frames = frames[: crumb.depth]
            run.frame.step, run.frame.wait = crumb.step, None
        elif crumb.depth == 1:
            run.close_wait()
            run.state.frames = [Frame(flow=crumb.flow, step=crumb.step)]
        else:
            continue
        _sprint(run)
        return True
    return False


def _leave(run: Run, step: Step, move: Move) -> None:
    """Carry out what an open question's step decided."""
    if isinstance(move, Stay):
        return
    if step.verb.waits and not step.verb.barrier:
        run.remember(step)
    run.close_wait()
    _move(run, step, move)
    _sprint(run)


def _sprint(run: Run) -> None:
    """Walk from step to step until one waits or nothing is left to do."""
    for _ in range(MOST_STEPS):
        frame = run.state.top
        if frame is None or frame.wait is not None:
            return
        step = run.program.step(frame.flow, frame.step)
        if step is None:
            raise SprintTooLong(f"there is no step {frame.flow}.{frame.step} in release {run.program.release}")
        run.walked.append((step.flow, step.id))
        intake = run.program.flows[step.flow].intake
        if intake is not None and not step.verb.human:
            run.effects.append(BeginIntake(queue=intake))
        if step.condition is not None and not run.holds(step.condition):
            move: Move = Next()
        else:
            move = step.verb.enter(step, run)
        if isinstance(move, Stay):
            return
        _move(run, step, move)
    raise SprintTooLong(f"more than {MOST_STEPS} steps without a question; the last was {run.walked[-1]}")


def _move(run: Run, step: Step | None, move: Move) -> None:
    match move:
        case Next() if step is not None:
            _go(run, step, step.next) if step.next is not None else _finish(run, "done")
        case Go(target=target) if step is not None:
            _go(run, step, target)
        case Enter(flow=flow, inputs=inputs, interrupt=over):
            if len(run.state.frames) >= MOST_FRAMES:
                raise SprintTooLong(f"more than {MOST_FRAMES} flows call each other; the last was {flow}")
            first = run.program.flows[flow].first
            given = {name: value for name, value in inputs.items() if value is not None}
            run.state.frames.append(Frame(flow=flow, step=first, vars=given, interrupt=over))
        case Finish(outcome=outcome):
            _finish(run, outcome)
        case _:
            raise AssertionError(f"a step answered with {move!r} where it cannot")


def _go(run: Run, step: Step, target: str) -> None:
    place = run.program.place(target, step.flow)
    if place.flow == run.frame.flow:
        run.frame.step = place.step
    else:
        run.state.frames = [Frame(flow=place.flow, step=place.step)]


def _finish(run: Run, outcome: str) -> None:
    """Take the top frame off and let the one below go on."""
    ended = run.state.frames.pop()
    run.count(f"flow.{ended.flow}.{outcome}")
    run.state.trail = [crumb for crumb in run.state.trail if crumb.depth <= len(run.state.frames)]
    below = run.state.top
    if below is None:
        return
    if ended.interrupt:
        resume(run)
        return
    step = run.program.step(below.flow, below.step)
    if step is None:
        raise SprintTooLong(f"there is no step {below.flow}.{below.step} to come back to")
    prefix = getattr(step.spec, "save", None)
    if prefix:
        for name in run.program.flows[ended.flow].outputs:
            run.set(f"{prefix}.{name}", ended.vars.get(name))
    _move(run, step, Next())


def advance(program: Program, state: State, given: Given, env: Env) -> Run:
    """Answer the open question of ``state``, or begin the bot when there is none, and return the finished run."""
    run = Run(program, state.copy(), env)
    if run.state.frames:
        answer(run, given)
    else:
        start = program.spec.start
        begin(run, Place(start, program.flows[start].first))
    return run
