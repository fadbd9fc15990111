"""``schema``: the JSON Schema of the flow language, made from the same types that check the files."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["schema"]


@click.command()
@click.argument("kind", type=click.Choice(["bot", "flow", "faq", "facts", "crisis", "canned", "all"]), default="all")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder to write into; by default the terminal.")
def schema(kind: str, output: Path | None) -> None:
    """Write the JSON Schema with which editors complete and check the YAML files.

    Name it in the first line of a file: `# yaml-language-server: $schema=schemas/flow.json`.
    """
    from flows.schema import schemas

    made = {name: found for name, found in schemas().items() if kind in {"all", name}}
    if output is None:
        click.echo(json.dumps(made if kind == "all" else made[kind], indent=2, ensure_ascii=False))
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, found in made.items():
        path = output / f"{name}.json"
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        click.echo(f"Wrote {path}.")
