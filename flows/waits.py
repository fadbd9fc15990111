"""When a person hears from a human, in words: from how long people really waited, or from the queue's promise.

The length comes from outside (:class:`flows.effects.QueueFacts`) as opening time; here it becomes a moment by the
hours of the queue in the person's language.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core.ids import Millis
from i18n.formatting import format_day_time

if TYPE_CHECKING:
    from flows.run import Run

__all__ = ["heard_by", "wait_phrase"]

_HOUR: Millis = 3_600_000


def heard_by(run: Run, queue: str) -> Millis | None:
    """Return by when most people hear from a human, on the full hour; None while too few waited to tell.

    It counts from when this person asked; a moment that is over is returned as it is.
    """
    minutes = run.queue_facts(queue).minutes
    if minutes is None:
        return None
    hours = run.program.queues[queue].hours_for(run.language)
    moment = hours.after_working_time(run.asked_human or run.env.now, minutes * 60_000)
    return None if moment is None else -(-moment // _HOUR) * _HOUR


def wait_phrase(run: Run, queue: str, language: str) -> str:
    """Return the words of ``{queue.wait}``: "most people hear from us by …", or the promise of the queue."""
    found = run.program.queues[queue]
    moment = heard_by(run, queue)
    run.told_wait = (queue, moment)
    if moment is None:
        return run.translate(f"queues.{queue}.promise", found.spec.promise).text
    if moment <= run.env.now:
        return run.system_text("wait_late").text
    local = dt.datetime.fromtimestamp(moment / 1000, found.hours.zone)
    return run.filled_text("wait_by", time=format_day_time(local, language))
