"""``dead``: events that could not be handled, why, and what to do. They hold no text here, only where and why."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from bots.environment import settings_of_process
from handlers.worker import WORKERS_DIED

if TYPE_CHECKING:
    from core.ids import Millis
    from core.ports import Store
    from core.records import DeadRecord

__all__ = ["advice", "dead"]

#: Letters read at once; there is no end to how many may be listed.
_PAGE: Final = 200
#: What a reason begins with, and what to do. Reasons are written by the worker: a type of error and its place.
_ADVICE: Final = (
    (
        WORKERS_DIED,
        (
            "Two workers died, or were paused for longer than a lease, while they handled it. Look at the logs of that "
            "time for a killed process (out of memory?). If the machine was to blame, revive it; else report it."
        ),
    ),
    (
        "StoreCorrupt",
        (
            "The conversation's state could not be read, so the person begins anew. Run `streetwork store check`; if "
            "files were damaged, restore a backup. Reviving handles the message in the new conversation."
        ),
    ),
)
_OTHERWISE: Final = (
    "The program failed in this turn, and would fail again. Report the reason, which holds nothing of the person; "
    "after an update that mends it, revive the letter."
)


def advice(reason: str) -> str:
    """Return what to do about a dead letter with this reason."""
    return next((text for begin, text in _ADVICE if reason.startswith(begin)), _OTHERWISE)


@click.group()
def dead() -> None:
    """Look at events that could not be handled, and handle them again. Works while the bot runs.

    The person got a sentence and a human each time; nothing here shows what they wrote. Letters go after 30 days.
    """


@dead.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for scripts.")
def list_(as_json: bool) -> None:
    """List dead letters, oldest first: id, when, kind of event, conversation, reason."""

    async def main(store: Store, now: Millis) -> int:
        letters = await _all(store)
        if as_json:
            click.echo(json.dumps([_row(one) for one in letters]))
            return 0
        for one in letters:
            click.echo(f"{one.id}  {_when(one.at)}  {one.kind}  {one.conversation[:8]}  {one.reason}")
        click.echo(
            f"{len(letters)} dead letters; `streetwork dead show ID` says what to do."
            if letters
            else "No dead letters."
        )
        return 0

    _run(main)


@dead.command()
@click.argument("letter", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def show(letter: str, as_json: bool) -> None:
    """Show one dead letter: where it is, why it failed, what became of the person, what to do."""

    async def main(store: Store, now: Millis) -> int:
        found = next((one for one in await _all(store) if one.id == letter), None)
        if found is None:
            return _absent(letter)
        if as_json:
            click.echo(json.dumps(_row(found) | {"advice": advice(found.reason)}))
            return 0
        for name, value in (
            ("Id", found.id),
            ("Put aside", _when(found.at)),
            ("Event", found.kind),
            ("Conversation", found.conversation[:8]),
            ("Reason", found.reason),
            ("Waits now", await _waits(store, found)),
            ("What to do", advice(found.reason)),
            ("Handle again", f"streetwork dead revive {found.id}"),
        ):
            click.echo(f"{name:<14}{value}")
        return 0

    _run(main)


@dead.command()
@click.argument("letters", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter there is, oldest first.")
def revive(letters: tuple[str, ...], everything: bool) -> None:
    """Put dead letters back at the end of their mailboxes, to be handled once more."""
    if bool(letters) == everything:
        raise click.UsageError("Name the ids of dead letters, or say --all.")

    async def main(store: Store, now: Millis) -> int:
        wanted = [one.id for one in await _all(store)] if everything else list(letters)
        missing = 0
        for letter in wanted:
            if await store.revive(letter, now):
                click.echo(f"{letter} is back in its mailbox.")
            else:
                missing += 1
                _absent(letter)
        if not wanted:
            click.echo("No dead letters.")
        return 1 if missing else 0

    _run(main)


def _run(main: Callable[[Store, Millis], Awaitable[int]]) -> None:
    from bots.clock import SystemClock
    from bots.stores import store_only

    async def opened() -> int:
        async with store_only(settings_of_process()) as store:
            return await main(store, SystemClock().now())

    sys.exit(asyncio.run(opened()))


async def _all(store: Store) -> list[DeadRecord]:
    found: list[DeadRecord] = []
    while page := await store.dead(_PAGE, found[-1].id if found else None):
        found += page
    return found


async def _waits(store: Store, letter: DeadRecord) -> str:
    snapshot = await store.snapshot(letter.conversation)
    if snapshot is None:
        return "the conversation was erased"
    cases = [label.name for label in snapshot.labels if label.name in {"waiting", "active", "parked", "intake"}]
    state = f"the case is {cases[0]}" if cases else "no case is open"
    return f"{state}; {snapshot.waiting_events} events and {snapshot.undelivered} messages under way"


def _row(one: DeadRecord) -> dict[str, object]:
    return {"id": one.id, "at": one.at, "kind": one.kind, "conversation": one.conversation, "reason": one.reason}


def _when(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _absent(letter: str) -> int:
    click.echo(
        f"There is no dead letter {letter}: it was revived, went after 30 days, or its person was erased.", err=True
    )
    return 1
