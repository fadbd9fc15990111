"""``check``: every mistake of a bot's folder, with its line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

__all__ = ["check"]


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all findings, for scripts.")
@click.option("--quiet", "-q", is_flag=True, help="Only errors.")
@click.option("--release", is_flag=True, help="Also refuse drafts, what is overdue, and what nobody has read.")
def check(bot: Path, *, as_json: bool, quiet: bool, release: bool) -> None:
    """Check the folder BOT: syntax, names, texts, translations, and that a human can always be reached.

    Exits with 1 when there are errors; warnings and hints do not block.
    """
    from bots.clock import SystemClock
    from bots.releases import load_bot
    from flows.findings import render, to_json

    loaded = load_bot(bot, SystemClock(), release=release)
    findings = [found for found in loaded.findings if not quiet or found.level == "error"]
    errors = sum(found.level == "error" for found in loaded.findings)
    if as_json:
        click.echo(json.dumps({"errors": errors, "findings": to_json(findings)}, ensure_ascii=False))
    else:
        click.echo(render(findings, loaded.sources, color=sys.stdout.isatty()))
        others = len(loaded.findings) - errors
        verdict = "has errors" if errors else "can be released" if release else "can be used"
        click.echo(f"{bot}: {errors} errors, {others} warnings and hints. The bot {verdict}.")
    sys.exit(1 if errors else 0)
