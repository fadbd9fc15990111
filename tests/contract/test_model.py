"""Hypothesis holds the backends against the reference model; the stories are told in ``machine``."""

from __future__ import annotations

import os

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from core.events import CallReturned
from core.ids import CallId
from core.records import TurnLease
from tests.contract.machine import StoreMachine, bare
from tests.contract.words import address, conv

COUNT = int(os.environ.get("STREETWORK_MODEL_RUNS", "15"))


class RedisMachine(StoreMachine):
    """The same on Redis."""

    backend = "redis"


def bounded(examples: int) -> settings:
    """Return settings for a run of so many stories; the same ones each time unless a number was asked for."""
    return settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize="STREETWORK_MODEL_RUNS" not in os.environ,
    )


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = bounded(COUNT)

#: Each step is a trip to the server, so fewer stories.
TestRedisMachine = RedisMachine.TestCase
TestRedisMachine.settings = bounded(max(COUNT // 3, 1))


@pytest.mark.soak
@pytest.mark.timeout(480)
@pytest.mark.parametrize("machine", [StoreMachine, RedisMachine])
def test_the_same_for_longer_and_with_fresh_randomness(machine: type[StoreMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40 if machine is StoreMachine else 20,  # on Redis each step is a trip
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
        ),
    )


def test_bare_leaves_out_the_token_alone() -> None:
    lease = TurnLease(
        conversation=conv(), generation=1, turn=1, token="secret", until=1, attempts=1, address=address(), state=None,
        epoch=0, event_id="e", event=CallReturned(call_id=CallId("c")), at=1,
    )  # fmt: skip
    assert set(bare(lease)) == set(lease.__struct_fields__) - {"token"}
    assert msgspec.structs.replace(lease, token="other") != lease
