"""Consent: may a human read this conversation? Asked once, before a case is opened, by whatever step hands over.

The answer is kept with the time, the language and the version of the text that was shown, so that it can be shown
later what somebody agreed to (GDPR Art. 7(1)). A version names the words themselves: when the text, its translation
or anything about the team changes, who agreed to the old one is asked again. Danger needs no consent, and neither
does a case that is open already: help must not wait for a form.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.messages import Option, Text
from flows import wording
from flows.effects import LeaveMark
from flows.inputs import Accepted, Rules, parse
from flows.state import Consent
from flows.verbs import Timeout
from i18n.negotiate import NATIVE_NAMES, base_language

if TYPE_CHECKING:
    from flows.run import Run
    from flows.verbs import Given

__all__ = [
    "ASKED",
    "LABELS",
    "REMINDER",
    "ask",
    "given",
    "needed",
    "outdated",
    "read",
    "record",
    "remind",
    "version",
    "withdraw",
]

#: Key of the version shown, in the data of the wait that asks; its language stands beside it.
ASKED = "consent"
_LANGUAGE = "consent_language"
#: The two buttons, and the texts of the framework that label them.
LABELS = {"yes": "=consent_yes", "no": "=consent_no"}
#: Whoever does not answer is told once that nobody has been called.
REMINDER = (Timeout(after=3_600_000, say="consent_waiting"),)
#: Answers kept: enough to show how it came to the present one, and the state stays small.
MOST_KEPT = 5
_DAY = 86_400_000


def version(run: Run, language: str) -> str:
    """Return the name of the text of consent as it reads in ``language``: 12 digits of a hash over all that is in it.

    Which messenger carries it is left out: it does not change for a person.
    """
    context, source = run.program.texts["consent"]
    team = run.program.spec.team
    parts = (
        run.program.translator.text(language, context, source).text,
        run.program.translator.text(language, "team.contact", team.contact).text,
        team.name,
        team.privacy,
        team.imprint,
        str(run.program.spec.defaults.keep_after_case),
    )
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=6, person=b"sw-consent").hexdigest()


def given(run: Run) -> bool:
    """Return whether the person agreed to the text as it reads today, and did not withdraw."""
    return any(one.holds and one.version == version(run, one.language) for one in run.state.consents)


def needed(run: Run, urgency: str) -> bool:
    """Return whether the person has to be asked before a human may read along."""
    return run.program.spec.consent.ask == "yes" and urgency != "safety" and not run.case_open and not given(run)


def ask(run: Run, queue: str) -> dict[str, str]:
    """Put the question and return what the wait has to remember of it."""
    _tell_unspoken(run, queue)
    shown = run.system_text("consent")
    keep = run.program.spec.defaults.keep_after_case // _DAY
    with run.speaking("notice"):
        run.system("consent", options=_buttons(run), values={"keep": str(keep), "carrier": wording.carrier(run)})
    return {ASKED: version(run, shown.language), _LANGUAGE: shown.language}


def remind(run: Run, text: str) -> None:
    """Say with ``text`` that the question is still open, with its buttons."""
    with run.speaking("notice"):
        run.system(text, options=_buttons(run))


def outdated(run: Run, data: dict[str, str]) -> bool:
    """Return whether the text changed since it was shown: a "yes" to the old one counts for nothing."""
    return data[ASKED] != version(run, data[_LANGUAGE])


def read(run: Run, answer: Given) -> bool | None:
    """Return yes or no, from a button or typed in any language we know; None for everything else."""
    if answer.option in LABELS:
        return answer.option == "yes"
    if not isinstance(answer.content, Text):
        return None
    found = parse("yes_no", answer.content, Rules(), language=run.language, today=run.today)
    return bool(found.value) if isinstance(found, Accepted) else None


def record(run: Run, data: dict[str, str], *, agreed: bool) -> None:
    """Keep the answer."""
    consent = Consent(version=data[ASKED], language=data[_LANGUAGE], at=run.env.now, given=agreed)
    run.state.consents = [*run.state.consents, consent][-MOST_KEPT:]
    run.count("consent.given" if agreed else "consent.refused")
    detail = {"version": consent.version, "language": consent.language}
    run.effects.append(LeaveMark(kind="consent" if agreed else "consent_refused", detail=detail))


def withdraw(run: Run) -> bool:
    """Withdraw every consent that holds; False when there is none."""
    if not any(one.holds for one in run.state.consents):
        return False
    run.state.consents = [replace(one, withdrawn=run.env.now) if one.holds else one for one in run.state.consents]
    run.count("consent.withdrawn")
    run.effects.append(LeaveMark(kind="consent_withdrawn"))
    return True


def _buttons(run: Run) -> tuple[Option, ...]:
    frame = run.frame
    step = run.program.step(frame.flow, frame.step)
    return run.labels(step, LABELS) if step is not None else ()


def _tell_unspoken(run: Run, queue: str) -> None:
    """Say before the question that nobody at the desk speaks the person's language, and in which they could write."""
    spoken = run.queue_facts(queue).spoken
    if spoken is None or base_language(run.language) in {base_language(one) for one in spoken}:
        return
    offered = set(run.program.queues[queue].spec.languages) & set(run.program.languages)
    others = [one for one in sorted(offered) if base_language(one) in {base_language(two) for two in spoken}]
    names = {"language": NATIVE_NAMES.get(run.language, run.language), "contact": wording.contact(run)}
    if others:
        names["languages"] = ", ".join(NATIVE_NAMES.get(one, one) for one in others)
    with run.speaking("notice"):
        run.system("nobody_speaks" if others else "nobody_speaks_any", values=names)
