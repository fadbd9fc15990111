"""``test``: the conversation tests of a bot, in all its languages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flows.program import Program
    from handlers.flowtest import Failure, Result

__all__ = ["test"]


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all results, for scripts.")
@click.option("--only", help="Only tests whose name holds this.")
@click.option("--min", "minimum", type=click.IntRange(0, 100), help="Fail under this coverage of steps, in percent.")
def test(bot: Path, *, as_json: bool, only: str | None, minimum: int | None) -> None:
    """Hold the conversations in BOT/tests, in every language and channel, on a virtual clock.

    Exits with 1 when one of them goes differently.
    """
    from bots.clock import SystemClock
    from bots.releases import load_bot, report
    from core.errors import BotBroken
    from handlers.flowtest import run_test
    from handlers.flowtest_files import load_tests

    loaded = load_bot(bot, SystemClock())
    if loaded.program is None:
        raise BotBroken(report(loaded))
    results: list[Result] = []
    places: dict[int, str] = {}
    for source in load_tests(bot):
        if only is not None and only not in source.test.test:
            continue
        for result in run_test(loaded.program, source.test):
            if result.failure is not None:
                places[len(results)] = source.place(result.failure.line)
            results.append(result)
    failed = [(places[number], result.failure) for number, result in enumerate(results) if result.failure]
    covered = _coverage(loaded.program, results)
    if as_json:
        click.echo(json.dumps(_as_json(results, places, covered), ensure_ascii=False))
    else:
        for place, failure in failed:
            click.echo(_shown(place, failure) + "\n")
        click.echo(
            f"{len(results)} conversations held, {len(failed)} failed; {covered:.0f} % of the steps were walked."
        )
    sys.exit(1 if failed or not results or (minimum is not None and covered < minimum) else 0)


def _coverage(program: Program, results: list[Result]) -> float:
    steps = {(flow.id, step) for flow in program.flows.values() for step in flow.steps}
    walked = set().union(*(result.walked for result in results)) if results else set()
    return 100 * len(steps & walked) / max(1, len(steps))


def _shown(place: str, failure: Failure) -> str:
    return (
        f"{place} {failure.test} [{failure.language}, {failure.channel}]\n"
        f"  expected  {failure.expected}\n  got       {failure.got}\n  path      {failure.path}"
    )


def _as_json(results: list[Result], places: dict[int, str], covered: float) -> dict[str, object]:
    rows = []
    for number, result in enumerate(results):
        row: dict[str, object] = {"test": result.test, "language": result.language, "channel": result.channel}
        failure = result.failure
        row["ok"] = failure is None
        if failure is not None:
            row |= {"place": places[number], "expected": failure.expected, "got": failure.got, "path": failure.path}
        rows.append(row)
    return {"failed": len(places), "coverage": round(covered, 1), "results": rows}
