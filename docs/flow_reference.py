"""Writes the reference of the flow language from the types that check it, so that the two cannot differ.

Every table of ``docs/flow-language.md`` comes from here: keys and meanings from the spec classes, what an answer
becomes from the readers themselves, framework texts and the order of the chain from their own lists.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from core.messages import Text as Typed
from flows import knowledge_spec, spec
from flows.expr import parse_condition
from flows.inputs import Accepted, Rules, parse
from flows.names import EVERYWHERE
from flows.steps import BUILT_IN
from flows.steps.ask import AskSpec
from flows.texts import TEXTS
from flows.values import Kind
from flows.verbs import StepSpec, Timeout
from handlers import flowtest_spec
from handlers.chain import CHAIN

__all__ = ["PARTS"]

_DAY = 86_400_000
_UNITS = (("w", 7 * _DAY), ("d", _DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
#: How a type of the spec is called.
_CALLED: list[tuple[Any, str]] = [
    (spec.Name, "a name"),
    (spec.Target, "a step"),
    (spec.Text, "a text"),
    (spec.Source, "an https address"),
    (spec.Duration, "a length of time"),
    (str, "a text"),
    (bool, "`yes` or `no`"),
    (int, "a whole number"),
    (dt.date, "a date"),
    (Kind, "a [type](#types-of-answers)"),
]
#: Headings of parts that stand inside another one.
_TITLES = {
    "MenuOption": "A choice of a menu",
    "Timeout": "A reminder",
    "Branch": "A branch",
    "Closed": "Outside the opening hours",
    "NoAnswer": "Words of patience",
    "UserDoes": "What a person does",
    "Desk": "What a counsellor does",
    "Handoff": "The case that waits",
    "HookSays": "The end of an outside call",
    "Matrix": "Languages and channels",
    "Given": "Before the first line",
    "Line": "A line of the conversation",
}


# -- types in words ----------------------------------------------------------------------------------------------


def hints(model: type[BaseModel]) -> dict[str, Any]:
    """Return the types of a model's own fields as they are written, with their names kept."""
    found: dict[str, Any] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, spec.Spec) and cls is not spec.Spec:
            body = {"__annotations__": cls.__annotations__, "__module__": cls.__module__}
            found |= typing.get_type_hints(type("Fields", (), body), include_extras=True)
    return found


def called(kind: Any) -> str:
    """Return what a value of this type is, in words."""
    for known, word in _CALLED:
        if kind is known:
            return word
    origin, arguments = typing.get_origin(kind), get_args(kind)
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin is list:
        return f"a list: {_bare(called(arguments[0]))}"
    if origin is dict:
        return f"names, each with {called(arguments[1])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(called(one) for one in arguments if one is not type(None)))
    if origin is typing.Annotated:
        return called(arguments[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        title = _TITLES.get(kind.__name__, kind.__name__)
        return f"[keys](#{title.lower().replace(' ', '-')})" if kind.__name__ in _TITLES else "keys, see below"
    return "a number"


def _bare(words: str) -> str:
    return words.removeprefix("a ")


def _default(value: Any, kind: Any) -> str:
    if value is None or value == [] or value == {} or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if any(part is spec.Duration for part in (kind, *get_args(kind))):
        return f"`{_length(value)}`"
    return f"`{value}`"


def _length(millis: int) -> str:
    unit, size = next((unit, size) for unit, size in _UNITS if millis % size == 0 and millis >= size and unit != "w")
    return f"{millis // size}{unit}"


def keys(model: type[BaseModel], *, without: tuple[str, ...] = ()) -> str:
    """Return the keys of a model as a table. Raises LookupError for one that nobody described."""
    rows = ["| key | what it takes | without it | meaning |", "|---|---|---|---|"]
    kinds = hints(model)
    for name, field in model.model_fields.items():
        if name in without:
            continue
        if not field.description:
            raise LookupError(f"{model.__module__}.{model.__name__}.{name} has no docstring")
        missing = "must be there" if field.is_required() else _default(field.default, kinds[name])
        takes = called(kinds[name])
        if (model, name) == (flowtest_spec.Given, "now"):  # read by a function, so its type says nothing
            moment = dt.datetime.fromtimestamp(field.default / 1000, ZoneInfo("Europe/Berlin"))
            takes, missing = "a moment", f"`{moment:%Y-%m-%d %H:%M}`"
        meaning = " ".join(field.description.replace("``", "`").split())
        rows.append(f"| `{field.alias or name}` | {takes} | {missing} | {meaning} |")
    return "\n".join(rows) + "\n"


def about(model: type[BaseModel]) -> str:
    """Return what a model is for, as one paragraph."""
    return " ".join((model.__doc__ or "").replace("``", "`").split()) + "\n"


def _section(title: str, *parts: str) -> str:
    return f"### {title}\n\n" + "\n".join(part for part in parts if part)


def _inner(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the parts that stand inside a step, in order."""
    for kind in hints(model).values():
        for part in _leaves(kind):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield part
                yield from _inner(part)


def _leaves(kind: Any) -> Iterator[Any]:
    arguments = get_args(kind)
    if not arguments or typing.get_origin(kind) is typing.Literal:
        yield kind
    for one in arguments:
        yield from _leaves(one)


# -- the parts of the page ---------------------------------------------------------------------------------------


def steps() -> str:
    """Return every verb with its keys."""
    common = tuple(StepSpec.model_fields)
    out = [_section("Keys of every step", about(StepSpec), keys(StepSpec))]
    for verb in BUILT_IN:
        notes = []
        if verb.waits:
            notes.append("Waits.")
        if verb.reentrant:
            notes.append("Its buttons work again later.")
        if verb.barrier:
            notes.append("`back` does not lead back over it.")
        traits = " ".join(notes) + "\n" if notes else ""
        out.append(_section(f"`{verb.name}`", about(verb.spec), traits, keys(verb.spec, without=common)))
        for part in _inner(verb.spec):
            if part is not Timeout:
                title = _TITLES[part.__name__]
                out.append(f"#### {title}\n\n{about(part)}\n{keys(part)}")
    out.append(_section(_TITLES["Timeout"], about(Timeout), keys(Timeout)))
    return "\n".join(out)


def bot_file() -> str:
    """Return the keys of bot.yaml and of the parts inside it."""
    out = [keys(spec.BotSpec)]
    inside = (
        ("languages", spec.Languages),
        ("team", spec.Team),
        ("contact", spec.ContactVar),
        ("queues", spec.QueueSpec),
        ("commands", spec.CommandSpec),
        ("defaults", spec.Defaults),
    )
    for name, model in inside:
        out.append(f"#### `{name}:`\n\n{about(model)}\n{keys(model)}")
    return "\n".join(out)


def flow_file() -> str:
    """Return the keys of a flow."""
    return keys(spec.FlowHeader) + "| `steps` | names, each with a step | must be there | The steps, in order. |\n"


def content_files() -> str:
    """Return the keys of the other files."""
    know = knowledge_spec
    return "\n".join(
        (
            _section("`faq/*.yaml`", about(know.FaqFile), keys(know.FaqFile), "An entry:\n", keys(know.FaqEntry)),
            _section("`next:` of an entry", about(know.NextStep), keys(know.NextStep)),
            _section(
                "`examples/<language>.yaml`",
                "How people really ask in one language: under the id of an entry, rumour or centre a block (`|`) with "
                "one question a line. Typos, Latin letters and mixed languages are welcome; translators extend it.\n",
            ),
            _section("`rumours.yaml`", about(know.Rumour), keys(know.Rumour)),
            _section("`centres.yaml`", about(know.Centre), keys(know.Centre)),
            _section("`facts.yaml`", about(know.FactSpec), keys(know.FactSpec), "A value:\n", keys(know.FactValue)),
            _section("`formula:` of a fact", about(know.Formula), keys(know.Formula)),
            _section("`crisis.yaml`", about(know.CrisisKind), keys(know.CrisisKind)),
            _section("`canned.yaml`", about(spec.CannedSpec), keys(spec.CannedSpec)),
        )
    )


#: (type, what people send, what counts, language of the person)
_TODAY = dt.date(2026, 3, 2)
_EXAMPLES: tuple[tuple[Kind, str, tuple[tuple[str, str], ...]], ...] = (
    ("text", "Words. A sticker or a voice note is asked for again.", ()),
    (
        "number",
        "Digits of any script, or a number word; whole unless `decimals: yes`.",
        (("٣", "ar"), ("1.234", "de"), ("three", "en")),
    ),
    (
        "date",
        "Day, month, year; month names; today, tomorrow, yesterday.",
        (("31.12.2026", "de"), ("5 март 2026", "bg"), ("tomorrow", "en")),
    ),
    ("email", "An address, also inside a sentence.", (("my mail: a.b@example.org", "en"),)),
    ("phone", "A number, German without a country code; or the messenger's share button.", (("030 901820", "en"),)),
    ("postcode_de", "Five digits, also inside a sentence.", (("D-01067 Dresden", "en"), ("١٠١١٥", "ar"))),
    ("choice", "One of `options`: its button, number, label or name.", ()),
    ("yes_no", "Yes and no in all languages, a thumb, or the buttons that come by themselves.", (("нет", "ru"),)),
    (
        "location",
        "A shared place, a link of a map, or latitude and longitude.",
        (("52.52, 13.405", "en"),),
    ),
    ("media", "A photo, voice note, sound, video or document up to 20 MB. Stickers do not count.", ()),
    ("language", "The name of a language that the bot offers, in any language.", (("арабски", "bg"),)),
)


def inputs() -> str:
    """Return the types of answers, with what examples become. Raises LookupError when a type is missing here."""
    if {kind for kind, _, _ in _EXAMPLES} != set(get_args(Kind)):
        raise LookupError("docs/flow_reference.py does not describe every type of flows.values.Kind")
    rows = ["| type | what fits | for example |", "|---|---|---|"]
    for kind, meaning, typed in _EXAMPLES:
        rows.append(f"| `{kind}` | {meaning} | {', '.join(_read(kind, *one) for one in typed)} |")
    bounds = {name: field.default for name, field in AskSpec.model_fields.items() if name.endswith("_length")}
    limits = f"A text has {bounds['min_length']} to {bounds['max_length']} characters unless you say otherwise."
    return "\n".join(rows) + f"\n\n{limits}\n"


def _read(kind: Kind, text: str, language: str) -> str:
    found = parse(kind, Typed(text=text), Rules(), language=language, today=_TODAY)
    if not isinstance(found, Accepted):
        raise LookupError(f"{text!r} is no {kind} any more: {found.reason}")
    value = {True: "yes", False: "no"}[found.value] if isinstance(found.value, bool) else found.value
    return f"“{text}” becomes `{value}`"


_TYPES: dict[str, Kind] = {
    "age": "number",
    "deadline": "date",
    "housing": "choice",
    "city": "text",
    "insured": "yes_no",
    "contact.language": "language",
    "place": "location",
}
_CONDITIONS = (
    ('housing is "flat"', "equal; texts in quotes, upper and lower case do not count"),
    ('housing is not "flat"', "different, or not known"),
    ("age < 18", "smaller; also `<=`, `>`, `>=`, for numbers and dates"),
    ("deadline <= 2026-12-31", "not after this day"),
    ('contact.language in ("ar", "bg")', "one of a list"),
    ('city contains "berlin"', "has these words inside; for texts"),
    ('city starts with "ber"', "begins so; for texts"),
    ("insured", "the answer was yes; the same as `insured is yes`"),
    ("place is missing", "nobody answered; the opposite is `place is set`"),
    ('age >= 18 and not (housing is "flat" or insured)', "`and`, `or`, `not`, and round brackets"),
)


def conditions() -> str:
    """Return the forms of a condition; each is read by the parser, so none can be wrong."""
    rows = ["| condition | holds when |", "|---|---|"]
    for text, meaning in _CONDITIONS:
        parse_condition(text, _TYPES)
        rows.append(f"| `{text}` | {meaning} |")
    return "\n".join(rows) + "\n"


def placeholders() -> str:
    """Return what stands in braces."""
    rows = ["| in a text | stands for |", "|---|---|"]
    rows += [
        "| `{name}` | an answer or variable of this flow; a choice shows its label |",
        "| `{prefix.name}` | an output of a flow that was called with `save: prefix` |",
        "| `{contact.name}` | what is kept about the person; `{contact.language}` is always known |",
        "| `{fact.name}` | the value of a fact on this day, with its unit |",
    ]
    rows += [f"| `{{{name}}}` | {meaning} |" for name, meaning in EVERYWHERE.items()]
    return "\n".join(rows) + "\n"


def chain() -> str:
    """Return the order in which a message is looked at, from the links themselves."""
    out = []
    for number, link in enumerate(CHAIN, start=1):
        text = " ".join((sys.modules[link.__module__].__doc__ or "").split("\n\n")[0].split())
        found = re.match(r"[\w ]*\b[Ll]ink\b[\w ]*: (\w)(.*)", text)
        if found is None:
            raise LookupError(f"{link.__module__} does not say which link it is: {text}")
        out.append(f"{number}. {found[1].upper()}{found[2]}")
    return "\n".join(out) + "\n"


def framework_texts() -> str:
    """Return the framework's own texts."""
    rows = ["| id | text |", "|---|---|"]
    rows += [f"| `{name}` | {text.replace(chr(10), ' ')} |" for name, text in TEXTS.items()]
    return "\n".join(rows) + "\n"


def flow_tests() -> str:
    """Return the keys of conversation tests."""
    out = [keys(flowtest_spec.FlowTest)]
    models: tuple[type[BaseModel], ...] = (
        flowtest_spec.Matrix,
        flowtest_spec.Given,
        flowtest_spec.Line,
        flowtest_spec.UserDoes,
        flowtest_spec.Desk,
        flowtest_spec.Handoff,
        flowtest_spec.HookSays,
    )
    out += [f"#### {_TITLES[model.__name__]}\n\n{about(model)}\n{keys(model)}" for model in models]
    return "\n".join(out)


#: By the name of the marker in the page.
PARTS: dict[str, Callable[[], str]] = {
    "steps": steps,
    "bot-file": bot_file,
    "flow-file": flow_file,
    "content-files": content_files,
    "inputs": inputs,
    "conditions": conditions,
    "placeholders": placeholders,
    "chain": chain,
    "framework-texts": framework_texts,
    "flow-tests": flow_tests,
}
