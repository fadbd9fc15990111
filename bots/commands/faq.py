"""``faq``: tune the search of a bot on its own examples, and measure it with a set of questions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

__all__ = ["faq"]

BOT = click.argument("bot", type=click.Path(path_type=Path), default=Path("flows/berlin"))
ENCODER = click.option("--encoder", default="auto", show_default=True, help="auto, none, or the name of an encoder.")


@click.group()
def faq() -> None:
    """Tune and measure how a bot finds its answers."""


@faq.command()
@BOT
@ENCODER
def tune(bot: Path, *, encoder: str) -> None:
    """Fit on BOT's own examples when it may answer and when it must offer or be silent; write it to BOT/search.

    Without the extra [embed] only the search by letters is fitted.
    """
    import yaml

    import flows
    from bots.releases import open_program
    from flows.classes import write_classes
    from flows.encoders import load_encoder
    from flows.faq_texts import CLASSES, TUNED, VECTORS
    from flows.training import texts_of
    from flows.tuned import write_tuned
    from flows.tuning import questions_of
    from flows.tuning import tune as fit
    from flows.vectors import Vectors

    found = open_program(bot, "none").faq
    outside = yaml.safe_load((Path(flows.__file__).parent / "outside.yaml").read_bytes())
    model = load_encoder(encoder)
    (bot / "search").mkdir(exist_ok=True)
    vectors = None
    texts = [text for known in found.texts.values() for one in known for text in (*one.asked, one.told)]
    if model is not None:
        file = bot / VECTORS
        vectors = Vectors(model, file.read_bytes() if file.is_file() else b"")
        vectors.prepare(texts, _progress("texts encoded"))
        file.write_bytes(vectors.dump(texts))
        vectors.prepare((text for _, text in texts_of(found.texts)), _progress("spellings encoded"))
        vectors.prepare(questions_of(found.texts, outside), _progress("questions encoded"))
    tuned, classes = fit(found.texts, outside, vectors, progress=_say)
    if classes is not None:
        (bot / CLASSES).write_bytes(write_classes(classes))
    (bot / TUNED).write_bytes(write_tuned(tuned))
    for way, figures in tuned.measured.items():
        click.echo(f"{way}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))
    click.echo(f"Written to {bot / 'search'}; per cent, by cross-validation on the bot's own examples.")


@faq.command()
@BOT
@ENCODER
@click.option(
    "--questions",
    type=click.Path(exists=True, path_type=Path),
    default=Path("tests/data/questions"),
    show_default=True,
    help="A folder of question sets, or one file.",
)
@click.option("--detect", is_flag=True, help="Let the text decide on the language, as with a new person.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def test(bot: Path, *, encoder: str, questions: Path, detect: bool, as_json: bool) -> None:
    """Ask BOT all questions of a set; print top-1, top-3 and false answers by language and kind, in per cent."""
    import msgspec

    from bots.clock import SystemClock
    from bots.releases import day_of, open_program
    from flows.question_sets import Question, read_questions
    from handlers.asking import Verdict, ask
    from handlers.measuring import measure, table

    try:
        known = read_questions(questions)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    program = open_program(bot, encoder)
    today = day_of(SystemClock())

    def find(question: Question) -> Verdict:
        return ask(program, question.text, None if detect else question.language, today=today)

    groups = measure(known.questions, find)
    if as_json:
        report = {"questions": known.fingerprint, "encoder": program.faq.encodes, "groups": groups}
        click.echo(msgspec.json.encode(report).decode())
        return
    click.echo(f"{len(known.questions)} questions, SHA-256 {known.fingerprint}")
    click.echo(f"{'letters and encoder' if program.faq.encodes else 'letters only'}; per cent")
    for line in table(groups):
        click.echo(line)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _progress(what: str) -> Callable[[int, int], None]:
    """Return what shows how far a long work is, where somebody looks on."""

    def tell(done: int, of: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {of} {what}", nl=done == of, err=True)

    return tell
