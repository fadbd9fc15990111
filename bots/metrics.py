"""Numbers for Prometheus. One registry per app, so two apps in one process (as in tests) do not share counters.

Labels come from short lists (channels, kinds, results); a value that does not look like a word of ours becomes
``other``, and so does the hundredth different value of a label, so that nothing of a person and no endless series can
get in. Gauges are read from the store when the page is asked for.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bots.metric_names import BUCKETS, COUNTERS, DURATIONS, GAUGES
from core.errors import StoreError
from core.ids import Millis
from core.ports import Store
from core.records import Stats
from handoff.cases import CaseState

__all__ = ["CASE_STATES", "CONTENT_TYPE", "Metrics", "allowed"]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
#: Our own accounts may be numbers.
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
#: Different values of one label of one metric; what comes later is ``other``.
_VALUES: Final = 100
#: Open cases carry their state as a label; closed ones carry none.
CASE_STATES: Final = tuple(state for state in get_args(CaseState) if state != "closed")


class Metrics:
    """All counters and durations of one app. Fits :class:`bots.base.Metrics`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters = {
            name: Counter(name, text, labels, namespace="streetwork", registry=self._registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._durations = {
            name: Histogram(name, text, labels, namespace="streetwork", buckets=BUCKETS, registry=self._registry)
            for name, (text, labels) in DURATIONS.items()
        }
        self._gauges = {
            name: Gauge(name, text, labels, namespace="streetwork", registry=self._registry)
            for name, (text, labels) in GAUGES.items()
        }
        self._seen: dict[tuple[str, str], set[str]] = {}

    def count(self, name: str, **labels: str) -> None:
        """Raise the counter ``name`` by one. Names and labels are those of :data:`bots.metric_names.COUNTERS`."""
        counter = self._counters[name]
        (counter.labels(**self._safe(name, labels)) if labels else counter).inc()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration of :data:`bots.metric_names.DURATIONS`."""
        histogram = self._durations[name]
        (histogram.labels(**self._safe(name, labels)) if labels else histogram).observe(max(0.0, seconds))

    def turn(self, kind: str, seconds: float) -> None:
        """Count one committed turn and how long it took from claim to commit."""
        self.count("turns", kind=kind)
        self.observe("turn_seconds", seconds)

    def fallback_text(self, language: str) -> None:
        """Count a text that ``language`` lacks or that is not reviewed there."""
        self.count("fallback_texts", language=language)

    def lease_lost(self, lane: str) -> None:
        """Count work thrown away because its lease had ended."""
        self.count("lease_lost", lane=lane)

    def left_to_newer(self, what: str) -> None:
        """Count a turn left to a worker with newer ``flows`` or a newer ``program``."""
        self.count("turns_left", what=what)

    def dead_letter(self, reason: str) -> None:
        """Count an event put aside, by what was wrong."""
        self.count("dead_letter_events", reason=reason)

    def store_away(self, part: str) -> None:
        """Count a look for work that the store did not answer."""
        self.count("store_unavailable", part=part)

    def account(self, channel: str, account: str, *, works: bool) -> None:
        """Note whether one of our accounts at a messenger works."""
        labels = self._safe("account_up", {"channel": channel, "account": account})
        self._gauges["account_up"].labels(**labels).set(int(works))

    def fleet(self, counted: dict[tuple[str, str], int]) -> None:
        """Note which processes are alive, by role and release."""
        gauge = self._gauges["processes"]
        gauge.clear()
        for (role, release), number in counted.items():
            gauge.labels(role=role, release=_release(release)).set(number)

    def release(self, release: str) -> None:
        """Note which release of the flows is in use now."""
        gauge = self._gauges["flows_release"]
        gauge.clear()
        gauge.labels(release=_release(release)).set(1)

    async def page(self, store: Store, now: Millis) -> bytes:
        """Return everything in Prometheus' text format; when the store does not answer, ``store_up`` is 0."""
        try:
            stats = await store.stats(now)
        except StoreError:
            self._gauges["store_up"].set(0)
        else:
            self._gauges["store_up"].set(1)
            # Only a store on servers has any.
            self._gauges["store_replicas_missing"].set(getattr(store, "replicas_missing", 0))
            self._take(stats)
        return generate_latest(self._registry)

    def _take(self, stats: Stats) -> None:
        self._gauges["conversations"].set(stats.conversations)
        self._gauges["due_turns"].set(stats.due_turns)
        self._gauges["turn_lag_seconds"].set(stats.oldest_due / 1000)
        self._gauges["undelivered"].set(stats.undelivered)
        self._gauges["outbox_age_seconds"].set(stats.oldest_undelivered / 1000)
        self._gauges["open_calls"].set(stats.open_calls)
        self._gauges["dead_letters"].set(stats.dead)
        for state in CASE_STATES:
            self._gauges["cases"].labels(state=state).set(stats.labels.get(state, 0))

    def _safe(self, name: str, labels: dict[str, str]) -> dict[str, str]:
        return {label: self._safe_value(name, label, value) for label, value in labels.items()}

    def _safe_value(self, name: str, label: str, value: str) -> str:
        if not (_ACCOUNT if label == "account" else _LABEL).fullmatch(value):
            return "other"
        seen = self._seen.setdefault((name, label), set())
        if value not in seen:
            if len(seen) >= _VALUES:
                return "other"
            seen.add(value)
        return value


def _release(release: str) -> str:
    return release if re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", release) else "other"


def allowed(authorization: str | None, token: str | None) -> bool:
    """Say whether a request with this ``Authorization`` header may read the page; without a token everybody may."""
    if token is None:
        return True
    given = (authorization or "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, f"Bearer {token}".encode())
