"""``translations`` and ``review``: how complete a bot is in each language, and noting what somebody has read."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flows.completeness import Count, State
    from flows.loader import Loaded

__all__ = ["review", "translations"]


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--language", "-l", help="Only this language; lists every text that is not done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def translations(bot: Path, *, language: str | None, as_json: bool) -> None:
    """Show how complete BOT is, by language and kind of text: missing, fuzzy, and read by nobody yet."""
    from flows.completeness import completeness, examples, framework

    loaded, found = _read(bot, language)
    languages = list(dict.fromkeys(one.language for one in found))
    source = _source(loaded)
    asked = [code for code in languages if code not in _desk(loaded)]
    counts = [*completeness(found), *examples(loaded.draft, asked)]
    counts += framework(loaded.translations, languages, source)
    open_ = [one for one in found if one.state != "done"]
    if as_json:
        told = {
            "bot": loaded.draft.folder.name,
            "source": source,
            "languages": {code: [_data(one) for one in counts if one.language == code] for code in languages},
            "open": [{"language": one.language, "text": one.text.context, "state": one.state} for one in open_],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for code in languages:
        note = " (source)" if code == source else " (desk)" if code in _desk(loaded) else ""
        click.echo(f"{code}{note}")
        for one in (count for count in counts if count.language == code):
            percent = 100 * one.translated // one.total if one.total else 100
            rest = f"{one.missing} missing, {one.fuzzy} fuzzy, {one.unreviewed} not read by anybody"
            click.echo(f"  {one.kind:<11}{one.translated:>5} of {one.total:<5}{percent:>4} %   {rest}")
    if language is not None:
        for state in open_:
            click.echo(f"{state.state:<11}{state.text.context}")


@click.command()
@click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
@click.option("--language", "-l", required=True, help="The language that was read.")
@click.option("--by", required=True, help="Who read it; stands in the ledger.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day; by default today in Berlin.")
@click.option("--text", "prefixes", multiple=True, help="Only texts whose id begins like this, as faq.minimum_wage.")
def review(bot: Path, *, language: str, by: str, day: datetime | None, prefixes: tuple[str, ...]) -> None:
    """Note that somebody has read the texts of BOT in a language, as they stand now.

    Whatever is changed afterwards counts as not read. Missing and fuzzy translations are left out.
    """
    from bots.commands.loading import open_bot, today
    from flows.reviews import Review, append_reviews, review_key

    by = by.strip()
    if not by or "|" in by or "\n" in by:
        raise click.UsageError("--by is a name, without | and in one line")
    _, found = _read(bot, language)
    on = day.date() if day is not None else today(open_bot(bot))
    read = {
        review_key(one.text.context, one.text.source, one.shown): Review(context=one.text.context, day=on, by=by)
        for one in found
        if one.state == "unreviewed" and (not prefixes or one.text.context.startswith(prefixes))
    }
    new = append_reviews(bot, language, read) if read else 0
    left = sum(one.state in ("missing", "fuzzy") for one in found)
    click.echo(f"{new} texts noted as read in {language}; {left} have no translation to read.")


def _read(bot: Path, language: str | None) -> tuple[Loaded, list[State]]:
    from bots.clock import SystemClock
    from bots.releases import load_bot, report
    from core.errors import BotBroken
    from flows.completeness import states
    from flows.reviews import read_reviews

    loaded = load_bot(bot, SystemClock())
    chosen = loaded.draft.bot.languages if loaded.draft.bot is not None else None
    if chosen is None:
        raise BotBroken(report(loaded))
    known = list(dict.fromkeys((chosen.source, *chosen.offered, *chosen.desk)))
    if language is not None and language not in known:
        raise click.UsageError(f"{bot} does not speak {language!r}; it speaks {', '.join(known)}")
    wanted = known if language is None else [language]
    reviews = read_reviews(bot)
    return loaded, list(states(loaded.texts, loaded.translations, reviews, wanted, chosen.source))


def _source(loaded: Loaded) -> str:
    return loaded.draft.bot.languages.source if loaded.draft.bot is not None else "en"


def _desk(loaded: Loaded) -> list[str]:
    return loaded.draft.bot.languages.desk if loaded.draft.bot is not None else []


def _data(count: Count) -> dict[str, int | str]:
    return {
        "kind": count.kind,
        "total": count.total,
        "translated": count.translated,
        "missing": count.missing,
        "fuzzy": count.fuzzy,
        "unreviewed": count.unreviewed,
    }
