"""``chat``: talk to a bot in the terminal. The same engine as in production, no server, nothing is kept."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.messages import Say, SendMedia, Start, Text
from core.records import Entry, Wrote

if TYPE_CHECKING:
    from handlers.simulator import Simulator

__all__ = ["chat"]

HELP = "/wait 20h lets time pass, /desk claim|reply TEXT|close plays the counsellor, Ctrl+D ends."


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--language", "-l", help="As if the messenger were set to this language.")
def chat(bot: Path, language: str | None) -> None:
    """Talk to BOT in this terminal, without any server. Choose by number, label, or in your own words."""
    from bots.clock import SystemClock
    from bots.releases import load_bot, report
    from core.capabilities import CAPABILITIES
    from core.errors import BotBroken
    from flows.encoders import load_encoder
    from handlers.simulator import Simulator

    clock = SystemClock()
    loaded = load_bot(bot, clock, load_encoder("auto"))
    if loaded.program is None:
        raise BotBroken(report(loaded))
    talk = Simulator(loaded.program, CAPABILITIES["terminal"], now=clock.now(), channel="terminal", locale=language)
    click.echo(HELP, err=True)
    _show(talk.send(Start()))
    for line in _lines():
        real = clock.now()
        if real > talk.now:
            _show(talk.pass_time(real - talk.now))
        if line.startswith(("/wait ", "/desk ")):
            _play(talk, line)
        else:
            _show(talk.send(Text(text=line)))
        _give_data(talk)


def _give_data(talk: Simulator) -> None:
    """Write the copy of one's data that was asked for into a file, as there is no messenger to send it."""
    from handlers.datacopy import Subject, data_copy
    from handlers.mydata import is_copy

    for call in [call for call in talk.calls if is_copy(call.id)]:
        state = talk.conversation
        subject = Subject(
            state=state,
            channel="terminal",
            peer="terminal",
            expires=None if state.case else talk.now + talk.program.spec.defaults.keep_without_case,
            now=talk.now,
            language=call.args["language"],
        )
        with tempfile.NamedTemporaryFile(prefix="my-data-", suffix=".html", delete=False) as file:
            file.write(data_copy(talk.program, subject, talk.transcript))
        _show(talk.give_back(call.id, {"ref": "", "size": "1", "link": Path(file.name).as_uri()}))


def _lines() -> Iterator[str]:
    """Yield what is typed, until the end of the input."""
    while True:
        if sys.stdin.isatty():
            click.echo("> ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.rstrip("\n")


def _play(talk: Simulator, line: str) -> None:
    from core.events import CaseAction, Claim, Close, Reply
    from flows.spec import parse_duration

    _, what = line.split(" ", 1)
    if line.startswith("/wait "):
        try:
            _show(talk.pass_time(parse_duration(what)))
        except ValueError as error:
            click.echo(f"{what!r} {error}", err=True)
        return
    verb, _, text = what.partition(" ")
    actions: dict[str, CaseAction] = {
        "claim": Claim(),
        "reply": Reply(text=text),
        "close": Close(outcome="first_advice"),
    }
    if verb not in actions:
        click.echo("The desk can claim, reply TEXT or close.", err=True)
        return
    _show(talk.desk(actions[verb]))
    if talk.outcome is not None and not talk.outcome.ok:
        click.echo(f"refused: {talk.outcome.code}", err=True)


def _show(entries: list[Entry]) -> None:
    for entry in entries:
        if isinstance(entry.body, Wrote) and isinstance(entry.body.message, Say):
            who = "counsellor" if entry.author == "counsellor" else "bot"
            click.echo(f"{click.style(who, bold=True)}: {entry.body.message.text}\n")
        elif isinstance(entry.body, Wrote) and isinstance(entry.body.message, SendMedia):
            file = entry.body.message
            click.echo(f"{file.caption or ''} [{file.kind}: {file.name or file.ref}]\n".lstrip())
