"""``ask``: what the bot would do with a question, and how sure it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from handlers.asking import Verdict

__all__ = ["ask"]

DEFAULT_BOT = Path("flows/berlin")


@click.command()
@click.argument("arguments", nargs=-1, metavar="[BOT] [QUESTION]")
@click.option("--language", "-l", help="The language the person has used so far; without it the text decides.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines for people.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read a question a line, write a JSON object a line.")
@click.option("--encoder", default="auto", show_default=True, help="auto, none, or the name of a text encoder.")
def ask(arguments: tuple[str, ...], *, language: str | None, as_json: bool, from_stdin: bool, encoder: str) -> None:
    """Show what BOT would do with QUESTION: danger, a correction, an answer, an offer of up to three titles, or none.

    The same code as in a conversation, and nothing is kept.
    """
    import msgspec

    from bots.clock import SystemClock
    from bots.releases import day_of, open_program
    from handlers.asking import ask as find

    bot, question = _told_apart(arguments, from_stdin=from_stdin)
    program = open_program(bot, encoder)
    today = day_of(SystemClock())
    if language is not None and language not in program.languages:
        raise click.BadParameter(f"{language} is not offered; this bot offers {', '.join(program.languages)}.")
    if question is not None and not as_json:
        _show(find(program, question, language, today=today))
        return
    for text in _lines(sys.stdin.buffer) if question is None else [question]:
        sys.stdout.buffer.write(msgspec.json.encode(find(program, _whole(text), language, today=today)) + b"\n")
        sys.stdout.buffer.flush()


def _told_apart(arguments: tuple[str, ...], *, from_stdin: bool) -> tuple[Path, str | None]:
    """Return the bot and the question; None for the question when they come from the standard input."""
    match arguments, from_stdin:
        case (), True:
            return DEFAULT_BOT, None
        case (bot,), True:
            return Path(bot), None
        case (question,), False:
            return DEFAULT_BOT, question
        case (bot, question), False:
            return Path(bot), question
        case _:
            raise click.UsageError(
                "Give one question, in quotes, or --stdin; before it the folder of the bot, if it is another."
            )


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Yield each line as text; bytes that are no UTF-8 become the replacement sign: each line has its answer."""
    for line in stream:
        yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")


def _whole(text: str) -> str:
    """Return a text without halves of characters, which the command line makes of bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _show(verdict: Verdict) -> None:
    click.echo(f"{verdict.kind} (in {verdict.language})")
    for name, score in zip(verdict.ids, verdict.scores, strict=True):
        click.echo(f"  {score:.2f}  {name}")
