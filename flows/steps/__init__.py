"""The verbs of the flow language, one a file. A package adds its own through the entry point ``streetwork.steps``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from flows.steps.ask import Ask
from flows.steps.browse import Browse
from flows.steps.call import Call
from flows.steps.end import End
from flows.steps.faq import FaqStep
from flows.steps.goto import Goto
from flows.steps.handoff import Handoff
from flows.steps.hook import Hook
from flows.steps.if_ import If
from flows.steps.language import Language
from flows.steps.menu import Menu
from flows.steps.referral import Referral
from flows.steps.say import Say
from flows.steps.set_ import Set
from flows.steps.wait import WaitStep
from flows.verbs import Verb

__all__ = ["BUILT_IN", "load_verbs"]

BUILT_IN: tuple[Verb, ...] = (
    Say(),
    Ask(),
    Menu(),
    Language(),
    FaqStep(),
    Browse(),
    Referral(),
    If(),
    Set(),
    Call(),
    Goto(),
    Handoff(),
    WaitStep(),
    Hook(),
    End(),
)


def load_verbs(extra: Iterable[Verb] | None = None) -> Mapping[str, Verb]:
    """Return all verbs by name: the built-in ones, those of installed packages, and ``extra``.

    Raises ValueError when two verbs share a name: a package must not change what existing flows mean.
    """
    found = {verb.name: verb for verb in BUILT_IN}
    plugged = [point.load()() for point in entry_points(group="streetwork.steps")] if extra is None else list(extra)
    for verb in plugged:
        if verb.name in found:
            raise ValueError(f"the verb {verb.name!r} of {type(verb).__module__} is taken already")
        found[verb.name] = verb
    return found
