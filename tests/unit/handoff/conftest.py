"""A running desk for the tests of its web half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.desk_world import DeskWorld


@pytest.fixture
async def world() -> AsyncIterator[DeskWorld]:
    # Imported here, so that the pure tests beside it need no server.
    from tests.fakes.desk_world import open_desk

    async with open_desk() as running:
        yield running
