"""Addresses of stores on Redis: what each part means, and that nothing secret is ever shown."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.redis_url import RedisUrl, is_redis_url, redis_url


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("redis://h", RedisUrl(kind="single", hosts=(("h", 6379),))),
        ("redis://h:1/2", RedisUrl(kind="single", hosts=(("h", 1),), db=2)),
        ("rediss://u:p%40@[::1]:7", RedisUrl(kind="single", hosts=(("::1", 7),), user="u", password="p@", tls=True)),
        ("redis://:p@h", RedisUrl(kind="single", hosts=(("h", 6379),), password="p")),
        ("redis+unix:///run/a%20b.sock?db=3", RedisUrl(kind="unix", path="/run/a b.sock", db=3)),
        (
            "redis+sentinel://u:p@a,b:1/main/4?sentinel_user=s&sentinel_password=q",
            RedisUrl(
                kind="sentinel", hosts=(("a", 26379), ("b", 1)), service="main", db=4, user="u", password="p",
                sentinel_user="s", sentinel_password="q",
            ),
        ),
        (
            "rediss+cluster://a,b/?ca=ca.pem&namespace=x&timeout=2.5&patience=9&replicas=2&volatile=1&id=" + "0a" * 16,
            RedisUrl(
                kind="cluster", hosts=(("a", 6379), ("b", 6379)), tls=True, ca=Path("ca.pem"), namespace="x",
                timeout=2.5, patience=9.0, replicas=2, volatile=True, store_id="0a" * 16,
            ),
        ),
    ],
)  # fmt: skip
def test_every_form(text: str, found: RedisUrl) -> None:
    assert redis_url(text) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://h", "should be"),
        ("redis://", "host is missing"),
        ("redis://a b", "host is missing"),
        ("redis://h:0", "a port"),
        ("redis://h:99999", "a port"),
        ("redis://h/x", "the database"),
        ("redis+cluster://h/1", "no databases"),
        ("redis+sentinel://h", "/service"),
        ("redis+unix://h/x", "three slashes"),
        ("redis://h?x=1", "option `x`"),
        ("redis://h?db=1", "option `db`"),
        ("redis://h?timeout=0", "seconds"),
        ("redis://h?timeout=nan", "seconds"),
        ("redis://h?namespace={x}", "letters"),
        ("redis://h?id=1", "hexadecimal"),
        ("redis://h?replicas=1&replicas=2", "twice"),
        ("redis://[::1", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        redis_url(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for scheme in ("redis://", "redis+sentinel://", "redis+cluster://", "redis+unix://"):
        with contextlib.suppress(ValueError):
            redis_url(scheme + text)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8))
def test_no_password_is_shown(password: str) -> None:
    found = redis_url(f"redis://u:{password}@host:1/0?sentinel_password={password}")
    assert password not in found.shown
    assert password not in repr(found)
    with pytest.raises(ValueError) as told:
        redis_url(f"redis://u:{password}@host:1/0/1?sentinel_password={password}")
    assert password not in str(told.value)


def test_how_many_replicas_must_follow() -> None:
    assert redis_url("redis://h").wanted_replicas == 0
    assert redis_url("redis+cluster://h").wanted_replicas == 1
    assert redis_url("redis+sentinel://h/s").wanted_replicas == 1
    assert redis_url("redis+cluster://h?replicas=0").wanted_replicas == 0


def test_other_addresses_are_none() -> None:
    assert is_redis_url("redis://h")
    assert is_redis_url("rediss+cluster://h")
    assert not is_redis_url("sqlite:///x")
    assert not is_redis_url("memory:")
