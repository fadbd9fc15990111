"""``new``: the folder of a new bot, small and whole: it can be checked, tested and run at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

__all__ = ["new"]

TEMPLATE = Path(__file__).parent.parent / "newbot"


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "parent",
    type=click.Path(path_type=Path),
    default=Path("flows"),
    show_default=True,
    help="Where to make it.",
)
def new(name: str, parent: Path) -> None:
    """Make the folder NAME with a small bot: welcome, menu, one FAQ entry, the way to a human, and a test."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise click.UsageError("a bot's name has small letters, digits and _, and starts with a letter")
    target = parent / name
    if target.exists():
        raise click.UsageError(f"{target} is there already; nothing was changed")
    shutil.copytree(TEMPLATE, target)
    click.echo(f"Made {target}. Next:")
    click.echo(f"  streetwork check {target}\n  streetwork test {target}\n  streetwork chat {target}")
    click.echo(f"  STREETWORK_BOT={target} streetwork run")
