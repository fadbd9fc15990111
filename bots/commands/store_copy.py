"""``store copy``: from one kind of store to another, and back."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import click

from bots.environment import settings_of_process
from core.errors import SettingsError

__all__ = ["copy"]


@click.command()
@click.argument("source")
@click.argument("target")
def copy(source: str, target: str) -> None:
    """Copy everything from the store SOURCE to TARGET, both given as in STREETWORK_STORE.

    Stop all processes first. Every conversation is read back and compared; a copy that broke off is gone on with when
    it is started again. Both stores use the same keys: those of STREETWORK_KEY_FILE or STREETWORK_KEYS, else the key
    file of the source.
    """
    from bots.clock import SystemClock
    from bots.store_copying import copy_store
    from bots.stores import open_kept
    from core.setting_types import Malformed, store

    try:
        settings = replace(settings_of_process(), store=store(source))
        where = store(target)
    except Malformed as error:
        raise SettingsError(f"an address of a store should be {error}") from None
    if settings.store == where:
        raise SettingsError("SOURCE and TARGET are the same store")

    async def main() -> str:
        opened = []
        try:
            for address in (settings.store, where):
                found = open_kept(address, settings)
                if found is None:
                    raise SettingsError("memory: keeps nothing, so there is nothing to copy")
                opened.append(found[0])
            with _shown() as progress:
                done = await copy_store(opened[0], opened[1], SystemClock(), progress)
            return (
                f"Copied and compared {done.conversations} conversations ({done.before} were there already) and "
                f"{done.things} records and numbers."
            )
        finally:
            for one in opened:
                await one.close()

    click.echo(asyncio.run(main()))
    key = settings.key_path
    if key is not None:
        click.echo(
            f"The keys stay in {key}: name it with STREETWORK_KEY_FILE when you set STREETWORK_STORE to the copy."
        )


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[int, int], None]]:
    """Yield what to tell the progress to: a bar on a terminal, a line every few thousand elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    with click.progressbar(length=1, label="Copying", file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield told


def _lines() -> Callable[[int, int], None]:
    told = 0

    def show(done: int, of: int) -> None:
        nonlocal told
        if done == of or done - told >= 5_000:
            told = done
            click.echo(f"{done} of {of} conversations", err=True)

    return show
