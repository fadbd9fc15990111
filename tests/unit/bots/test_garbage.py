"""What lives as long as the process is left out of collections, and let go when it was replaced."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from bots import garbage


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_there_is_left_out_of_later_collections() -> None:
    """A ring that was set aside is not freed by a collection: it is not walked through."""
    ring = Ring()
    seen = weakref.ref(ring)
    garbage.set_aside()
    del ring
    gc.collect()
    assert seen() is not None


def test_what_was_replaced_is_let_go() -> None:
    """The old bot is not kept for ever behind the new one."""
    ring = Ring()
    seen = weakref.ref(ring)
    garbage.set_aside()
    del ring
    garbage.again()
    assert seen() is None
    assert gc.get_freeze_count()


def test_nothing_is_set_aside_where_nothing_was() -> None:
    """Commands and tests that load a bot twice keep the ordinary collector."""
    garbage.again()
    assert not gc.get_freeze_count()
