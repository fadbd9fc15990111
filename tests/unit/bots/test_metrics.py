"""Metrics: every number has a declared name, and no label can carry anything of a person."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bots.counting import Metrics as Port
from bots.metric_names import COUNTERS, DURATIONS, GAUGES
from bots.metrics import Metrics, allowed
from core.errors import StoreUnavailable
from core.records import Stats

STATS = Stats(
    conversations=7,
    due_turns=2,
    undelivered=3,
    oldest_undelivered=1500,
    open_calls=1,
    dead=4,
    labels={"waiting": 5, "active": 1, "case": 6, "owner": 1},
)


class StoreWithStats:
    """A store that only counts."""

    def __init__(self, stats: Stats | None) -> None:
        self._stats = stats

    async def stats(self, now: int) -> Stats:
        if self._stats is None:
            raise StoreUnavailable("no")
        return self._stats


async def page(metrics: Metrics, stats: Stats | None = STATS) -> str:
    store: Any = StoreWithStats(stats)
    return (await metrics.page(store, 0)).decode()


def value(text: str, series: str) -> float:
    match = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    assert match, f"{series} is not on the page"
    return float(match[1])


async def test_counters_and_durations_appear_on_the_page() -> None:
    metrics = Metrics()
    for account in ("123", "123", "456", "a person's name!"):
        metrics.count("events", channel="telegram", account=account, kind="text", outcome="accepted")
    metrics.turn("received", 0.004)
    metrics.observe("ingest_seconds", 0.002, channel="telegram")
    metrics.count("deliveries", channel="telegram", account="123", result="failed")
    metrics.observe("delivery_seconds", 0.05, channel="telegram")
    metrics.account("telegram", "123", works=False)
    metrics.fallback_text("ar")
    metrics.lease_lost("turn")
    text = await page(metrics)
    for account, count in (("123", 2), ("456", 1), ("other", 1)):
        labels = f'account="{account}",channel="telegram",kind="text",outcome="accepted"'
        assert value(text, f"streetwork_events_total{{{labels}}}") == count
    assert value(text, 'streetwork_account_up{account="123",channel="telegram"}') == 0
    assert value(text, 'streetwork_turns_total{kind="received"}') == 1
    assert value(text, 'streetwork_turn_seconds_bucket{le="0.005"}') == 1
    assert value(text, 'streetwork_turn_seconds_bucket{le="0.0025"}') == 0
    assert value(text, 'streetwork_ingest_seconds_count{channel="telegram"}') == 1
    assert value(text, 'streetwork_deliveries_total{account="123",channel="telegram",result="failed"}') == 1
    assert value(text, 'streetwork_delivery_seconds_count{channel="telegram"}') == 1
    assert value(text, 'streetwork_fallback_texts_total{language="ar"}') == 1
    assert value(text, 'streetwork_lease_lost_total{lane="turn"}') == 1


async def test_gauges_are_read_from_the_store_at_each_scrape() -> None:
    metrics = Metrics()
    text = await page(metrics)
    assert value(text, "streetwork_outbox_age_seconds") == 1.5
    assert value(text, "streetwork_undelivered") == 3
    assert value(text, "streetwork_due_turns") == 2
    assert value(text, "streetwork_dead_letters") == 4
    assert value(text, 'streetwork_cases{state="waiting"}') == 5
    assert value(text, 'streetwork_cases{state="active"}') == 1
    assert value(text, "streetwork_store_up") == 1
    later = Stats(
        conversations=7, due_turns=0, undelivered=0, oldest_undelivered=0, open_calls=0, dead=4, labels={"active": 1}
    )
    text = await page(metrics, later)
    assert value(text, "streetwork_outbox_age_seconds") == 0
    assert value(text, 'streetwork_cases{state="waiting"}') == 0


async def test_page_is_given_when_the_store_is_away() -> None:
    metrics = Metrics()
    metrics.lease_lost("turn")
    text = await page(metrics, None)
    assert value(text, "streetwork_store_up") == 0
    assert value(text, 'streetwork_lease_lost_total{lane="turn"}') == 1


@pytest.mark.parametrize("bad", ["+4915112345678", "Olga Petrova", "Мария", "1" * 12, "", "a" * 41, 'x"} 1'])
async def test_value_that_is_no_word_of_ours_becomes_other(bad: str) -> None:
    metrics = Metrics()
    metrics.count("polls", channel="telegram", result=bad)
    text = await page(metrics)
    assert value(text, 'streetwork_polls_total{channel="telegram",result="other"}') == 1
    assert not bad or f'"{bad}"' not in text


async def test_endless_values_end_as_other() -> None:
    metrics = Metrics()
    for n in range(300):
        metrics.count("telegram_updates", kind=f"kind{n}")
    text = await page(metrics)
    assert text.count("streetwork_telegram_updates_total{") == 101
    assert value(text, 'streetwork_telegram_updates_total{kind="other"}') == 200


async def test_one_release_at_a_time() -> None:
    metrics = Metrics()
    metrics.release("abc123")
    metrics.release("def456")
    text = await page(metrics)
    assert value(text, 'streetwork_flows_release{release="def456"}') == 1
    assert "abc123" not in text


@pytest.mark.parametrize("labels", [{}, {"channel": "telegram"}, {"channel": "x", "result": "y", "person": "z"}])
def test_missing_or_further_labels_are_a_mistake(labels: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Metrics().count("polls", **labels)


def test_unknown_name_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Metrics().count("no_such_number")


def test_two_apps_do_not_share_numbers() -> None:
    Metrics()
    Metrics()


def test_fits_the_seam_of_the_channels() -> None:
    port: Port = Metrics()
    port.observe("send_seconds", 0.1, channel="telegram")


def test_no_label_names_a_person_or_a_conversation() -> None:
    labels = {label for table in (COUNTERS, DURATIONS, GAUGES) for _, names in table.values() for label in names}
    assert labels == {
        "channel",
        "account",
        "kind",
        "outcome",
        "result",
        "language",
        "lane",
        "role",
        "what",
        "reason",
        "part",
        "error",
        "state",
        "release",
    }


@pytest.mark.parametrize(
    ("header", "token", "fine"),
    [
        (None, None, True),
        ("Bearer x", None, True),
        ("Bearer secret-secret-16", "secret-secret-16", True),
        ("Bearer secret-secret-17", "secret-secret-16", False),
        ("secret-secret-16", "secret-secret-16", False),
        (None, "secret-secret-16", False),
        ("Bearer ü", "secret-secret-16", False),
    ],
)
def test_bearer_token(header: str | None, token: str | None, fine: bool) -> None:
    assert allowed(header, token) is fine
