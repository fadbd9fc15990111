"""Chats and accounts keep to their pace, and a 429 stops the right one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bots.rate import LIMITS, RateLimiter

TELEGRAM = LIMITS["telegram"]


def test_a_chat_has_a_burst_of_three_and_then_one_a_second() -> None:
    limiter = RateLimiter(TELEGRAM)
    assert [limiter.take("5", 0) for _ in range(3)] == [0, 0, 0]
    wait = limiter.take("5", 0)
    assert 1000 <= wait <= 1001
    assert limiter.take("6", 0) == 0
    assert limiter.take("5", wait) == 0
    assert limiter.take("5", wait) > 0


def test_a_group_gets_twenty_a_minute() -> None:
    limiter = RateLimiter(TELEGRAM)
    sent = sum(limiter.take("-100", now) == 0 for now in range(0, 60_000, 100))
    assert 20 <= sent <= 23  # the burst on top


def test_the_account_sends_thirty_a_second() -> None:
    limiter = RateLimiter(TELEGRAM)
    assert limiter.room(0) == 30
    sent = sum(limiter.take(str(peer), 0) == 0 for peer in range(100))
    assert sent == 30
    assert limiter.room(0) == 0
    later = limiter.next_at(0)
    assert 0 < later <= 35
    assert limiter.room(later) >= 1
    assert limiter.take("next", later) == 0


def test_no_limits_means_no_waiting() -> None:
    limiter = RateLimiter(None)
    assert all(limiter.take("5", 0) == 0 for _ in range(1000))
    assert limiter.room(0) > 1000


def test_a_refused_chat_rests_alone() -> None:
    limiter = RateLimiter(TELEGRAM)
    limiter.refused("5", 7000, 0)
    assert limiter.take("5", 0) == 7000
    assert limiter.take("6", 0) == 0
    assert limiter.take("5", 7000) == 0


def test_several_refused_chats_stop_the_account() -> None:
    limiter = RateLimiter(TELEGRAM)
    for peer in ("5", "6", "7"):
        limiter.refused(peer, 7000, 0)
    assert limiter.take("8", 0) == 7000
    assert limiter.room(0) == 0
    assert limiter.next_at(0) == 7000
    assert limiter.take("8", 7000) == 0


def test_without_limits_refused_chats_never_stop_the_account() -> None:
    limiter = RateLimiter(None)
    for peer in ("5", "6", "7", "8"):
        limiter.refused(peer, 7000, 0)
    assert limiter.take("5", 0) == 7000
    assert limiter.take("9", 0) == 0


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 4)), max_size=120))
def test_no_second_ever_sees_more_than_the_limits_allow(steps: list[tuple[int, int]]) -> None:
    limiter, now = RateLimiter(TELEGRAM), 0
    sent: list[tuple[int, int]] = []
    for gap, peer in steps:
        now += gap
        if limiter.take(str(peer), now) == 0:
            sent.append((now, peer))
    for start, _ in sent:
        window = [(at, peer) for at, peer in sent if start <= at < start + 1000]
        assert len(window) <= 30 + 30
        for peer in range(1, 5):
            assert sum(one == peer for _, one in window) <= 3 + 1
