"""``store``: care of the store. Everything here works while the bot runs."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click
import msgspec

from bots.commands.store_copy import copy
from bots.environment import settings_of_process
from core.errors import SettingsError
from core.settings import Settings

__all__ = ["store"]


def backup_path(settings: Settings) -> Path:
    """Return where a backup goes when no place is named: a folder of its own, so that the keys' copy goes along."""
    path = settings.store_path
    if path is None:
        raise SettingsError(
            "STREETWORK_STORE is memory:, so there is nothing to keep"
            if settings.store == "memory:"
            else "a backup copies files, and STREETWORK_STORE is on servers: use `streetwork store copy`"
        )
    return path.parent / "backups" / path.name


@click.group()
def store() -> None:
    """Back up, check, mend and copy the store. All but copying works while the bot runs."""


store.add_command(copy)


@store.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
def backup(target: Path | None) -> None:
    """Copy the store to TARGET (by default into a folder `backups` beside it), with the newest copy of its keys."""
    from bots.stores import sqlite_only, store_only

    settings = settings_of_process()
    where = target or backup_path(settings)
    where.parent.mkdir(parents=True, exist_ok=True)

    async def main() -> None:
        async with store_only(settings) as opened:
            await sqlite_only(opened, "A backup").backup(where)

    asyncio.run(main())
    click.echo(f"Backed up to {where}. Keep the key file in another place than the backup.")


@store.command()
@click.option("--mend", is_flag=True, help="Delete remains that belong to nobody, count anew, finish half erasures.")
def check(mend: bool) -> None:
    """Check the store, every open case and the chain of the audit log; exits with 1 for a problem.

    What --mend cannot mend stays a problem: a damaged file or a lost server needs a backup.
    """
    from bots.clock import SystemClock
    from bots.stores import looked_over, mended, store_only
    from handoff.audit import verify
    from handoff.invariants import violations

    async def main() -> list[str]:
        async with store_only(settings_of_process()) as opened:
            now = SystemClock().now()
            for sentence in await mended(opened, now) if mend else ():
                click.echo(f"Mended: {sentence}.")
            found = await opened.check() + await looked_over(opened, now, mend=mend)
            return found + await verify(opened, now) + await violations(opened, now)

    problems = asyncio.run(main())
    for problem in problems:
        click.echo(problem)
    click.echo("The store is well." if not problems else f"{len(problems)} problems.")
    sys.exit(1 if problems else 0)


@store.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for scripts.")
def sweeps(as_json: bool) -> None:
    """Show what was erased because its time was over, one line a night, newest first. Numbers only."""
    from bots.clock import SystemClock
    from bots.stores import store_only
    from core.sweep_reports import reports

    async def main() -> list[dict[str, object]]:
        async with store_only(settings_of_process()) as opened:
            found = await reports(opened, SystemClock().now())
        return [
            {"day": day, "since": one.since, "until": one.until, "on_wish": one.on_wish}
            | msgspec.structs.asdict(one.swept)
            for day, one in found
        ]

    rows = asyncio.run(main())
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        counts = {name: count for name, count in row.items() if name not in {"day", "since", "until"} and count}
        gone = ", ".join(f"{name} {count}" for name, count in counts.items())
        click.echo(f"{row['day']}  {gone or 'nothing was over its time'}")
    if not rows:
        click.echo("No report yet: the first one is made behind three o'clock at night.")
