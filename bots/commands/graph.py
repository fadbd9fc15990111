"""``graph``: a bot's flows as a picture."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["graph"]


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--format", "form", type=click.Choice(["mermaid", "svg"]), default="mermaid", show_default=True)
@click.option("--flow", help="Only this flow.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; by default the terminal.")
def graph(bot: Path, form: str, flow: str | None, output: Path | None) -> None:
    """Draw the flows of BOT."""
    from bots.clock import SystemClock
    from bots.releases import load_bot, report
    from core.errors import BotBroken
    from flows.graph import mermaid, svg

    loaded = load_bot(bot, SystemClock())
    if loaded.program is None:
        raise BotBroken(report(loaded))
    if flow is not None and flow not in loaded.program.flows:
        raise click.UsageError(f"{bot} has no flow {flow!r}; it has {', '.join(loaded.program.flows)}")
    drawn = (mermaid if form == "mermaid" else svg)(loaded.program, flow)
    if output is None:
        click.echo(drawn)
    else:
        output.write_text(drawn, encoding="utf-8")
        click.echo(f"Wrote {output}.")
