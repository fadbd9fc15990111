"""``facts``: what the bot will say on a day, and what has to be looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flows.fact_checks import Task
    from flows.fact_report import FactLine
    from flows.knowledge_spec import FactValue

__all__ = ["facts"]


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The day, as 2027-01-01; by default today in Berlin.")
@click.option("--language", "-l", multiple=True, help="Only this language; may be given several times.")
@click.option("--tasks", "only_tasks", is_flag=True, help="Only what has to be looked up.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def facts(bot: Path, *, at: datetime | None, language: tuple[str, ...], only_tasks: bool, as_json: bool) -> None:
    """Show the facts of BOT as people will read them on a day, with source and certainty, and the open tasks."""
    from bots.commands.loading import open_bot, today
    from flows.fact_report import fact_lines, fact_tasks

    program = open_bot(bot)
    day = at.date() if at is not None else today(program)
    known = (*program.languages, *program.spec.languages.desk)
    for code in language:
        if code not in known:
            raise click.UsageError(f"{bot} does not speak {code!r}; it speaks {', '.join(known)}")
    lines = list(fact_lines(program, day, language or known))
    open_ = fact_tasks(program, day)
    if as_json:
        told = {"at": day.isoformat(), "facts": [_data(line) for line in lines], "tasks": [_task(one) for one in open_]}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if not only_tasks:
        click.echo(f"What {bot} says on {day}:")
        for line in lines:
            _print(line)
    click.echo(f"\nTo look up as of {day}:" if open_ else f"\nNothing is to be looked up as of {day}.")
    _print_tasks(open_, {line.fact: line for line in lines}, program.spec.languages.source)


def _print_tasks(open_: Sequence[Task], lines: Mapping[str, FactLine], language: str) -> None:
    """Print a list to work through: page by page, and what follows by formula below the value it follows from."""
    named = {task.fact for task in open_}
    follow: dict[str, list[Task]] = {}
    pages: dict[str, list[Task]] = {}
    for task in open_:
        formula = lines[task.fact].spec.formula
        if formula is not None and formula.of in named:
            follow.setdefault(formula.of, []).append(task)
        else:
            pages.setdefault(task.source, []).append(task)
    for page, tasks in pages.items():
        click.echo(f"\n  {page}")
        for task in tasks:
            line = lines[task.fact]
            click.echo(f"    since {task.since}  {task.message}")
            click.echo(f"      {line.spec.about}")
            said = line.said.get(language) or next(iter(line.said.values()))
            click.echo(f"      now {said}; texts that say it: {len(line.named_in)}")
            for other in follow.get(task.fact, ()):
                click.echo(f"      and {other.fact}, which follows from it")


def _print(line: FactLine) -> None:
    click.echo(f"\n{line.fact}: {line.spec.about}")
    for language, said in line.said.items():
        click.echo(f"  {language}  {said}")
    value = line.value
    if value is None:
        click.echo("  no value on this day")
        return
    until = f"until {value.until}" if value.until else "no end known"
    click.echo(
        f"  from {value.start}, {until}; certainty {value.certainty}, checked {value.checked} by {value.checked_by}"
    )
    click.echo(f"  {value.source}")
    if line.named_in:
        click.echo(f"  said in {', '.join(line.named_in)}")


def _data(line: FactLine) -> dict[str, Any]:
    return {
        "id": line.fact,
        "about": line.spec.about,
        "unit": line.spec.unit,
        "formula": line.spec.formula.model_dump(mode="json") if line.spec.formula else None,
        "value": _value(line.value) if line.value is not None else None,
        "said": line.said,
        "named_in": list(line.named_in),
        "history": [_value(value) for value in line.spec.values],
    }


def _value(value: FactValue) -> dict[str, Any]:
    return {
        "value": str(value.value),
        "from": value.start.isoformat(),
        "until": _day(value.until),
        "source": value.source,
        "certainty": value.certainty,
        "checked": value.checked.isoformat(),
        "checked_by": value.checked_by,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _task(task: Task) -> dict[str, Any]:
    return {
        "fact": task.fact,
        "code": task.code,
        "since": task.since.isoformat(),
        "message": task.message,
        "source": task.source,
    }
