"""``rehearse``: invented people in four languages write to a running desk, for training."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import click

__all__ = ["rehearse"]


@click.command()
@click.option("--url", default="http://localhost:8080", show_default=True, help="Where the bot's web chat is served.")
@click.option("--language", "-l", "languages", multiple=True, help="Only people of this language; may be repeated.")
@click.option("--danger", is_flag=True, help="One of them writes words of danger. Alerts go out as if it were real.")
@click.option("--pace", type=click.FloatRange(0.1, 120), default=4.0, show_default=True, help="Seconds they type.")
def rehearse(url: str, languages: tuple[str, ...], danger: bool, pace: float) -> None:
    """Let invented people write to a running desk, so that counsellors can practise.

    They ask the bot, want a human, and answer whoever claims their case. Ctrl+C ends it and erases them again. What
    they tell in the queue begins with a word that it is a rehearsal.
    """
    from bots.rehearsal import Rehearsal
    from bots.rehearsal_people import PEOPLE

    people = [one for one in PEOPLE if not languages or one.language in languages]
    if not people:
        known = ", ".join(one.language for one in PEOPLE)
        raise click.BadParameter(f"nobody of the rehearsal speaks that; there are {known}.", param_hint="--language")
    click.echo(f"{len(people)} people come. Claim their cases at {url.rstrip('/')}/desk. Ctrl+C ends and erases them.")

    def show(name: str, language: str, who: str, text: str) -> None:
        arrow = "→" if who == "person" else f"← {who}:"
        click.echo(f"{name} ({language}) {arrow} {' '.join(text.split())[:200]}")

    async def main() -> None:
        running = asyncio.ensure_future(Rehearsal(url, people, show, danger=danger, pace=pace).run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    click.echo("The rehearsal is over; its people are erased.")
