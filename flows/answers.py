"""Showing what the bot knows: answers, corrections of rumours, centres, and the pages on which they are listed.

Each is one message, in the person's language, with its source and the day on which that was looked up. Whatever the
team has not read yet says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.messages import Option, Say, Span
from flows.effects import SayText
from flows.knowledge_spec import Centre, Checked, FaqEntry, Rumour
from flows.nearness import STAGE
from flows.program import option_token
from flows.shelf import Page, Shelf
from flows.wording import fill
from i18n.bidi import isolate
from i18n.catalog import Translated
from i18n.formatting import format_date, format_list, format_part_of_date, language_name

if TYPE_CHECKING:
    from flows.run import Run

__all__ = [
    "first_page",
    "name_of",
    "option_of",
    "page_option",
    "said_in_danger",
    "show",
    "show_nearest",
    "show_page",
    "topic_options",
]

_SHARE_GAP = "\n\n"


def show(run: Run, name: str) -> None:
    """Show an entry, a rumour or a centre by its id."""
    shelf = run.program.shelf
    if name in shelf.entries:
        _show_entry(run, name, shelf.entries[name])
    elif name in shelf.rumours:
        _show_rumour(run, name, shelf.rumours[name])
    else:
        present = shelf.present(name, run.today)
        if present is None:
            run.system("centre_ended", options=run.command_options("menu", "human"))
        elif present not in _shelf(run).centres:
            _show_from_abroad(run, shelf.centres[present])
        else:
            _show_centre(run, present, shelf.centres[present])


def _shelf(run: Run) -> Shelf:
    """Return what this person can leaf through: people abroad find no centre that has to be visited."""
    return run.program.shelf_abroad if run.get(STAGE) == "abroad" else run.program.shelf


def _show_from_abroad(run: Run, centre: Centre) -> None:
    """Say that a centre is of no use from abroad, and offer those that are, of its topics or of all."""
    shelf = _shelf(run)
    found = shelf.things("centres", centre.topics, run.today) or shelf.things("centres", tuple(shelf.topics), run.today)
    run.system("centre_here_only", options=(*(option_of(run, name) for name in found), *run.command_options("human")))


def name_of(run: Run, name: str) -> str:
    """Return what stands on the button of an entry, a rumour or a centre, in the person's language."""
    shelf = run.program.shelf
    if name in shelf.rumours:
        return run.translate(f"rumours.{name}.title", shelf.rumours[name].title).text
    kind, spec, part = (
        ("faq", shelf.entries[name], "question") if name in shelf.entries else ("centres", shelf.centres[name], "name")
    )
    part = "title" if spec.title else part
    return run.translate(f"{kind}.{name}.{part}", getattr(spec, part)).text


def option_of(run: Run, name: str) -> Option:
    """Return the button that shows an entry, a rumour or a centre."""
    return Option(token=option_token("", "faq", name), label=name_of(run, name))


# -- pages -------------------------------------------------------------------------------------------------


def first_page(run: Run, topics: Sequence[str], kind: str = "faq") -> tuple[Option, ...]:
    """Return the buttons of the first page under these topics; without topics, one for each topic."""
    return _page_options(run, Page(kind, tuple(topics), 1))


def topic_options(run: Run, kind: str) -> tuple[Option, ...]:
    """Return a button for each topic that has something of a kind."""
    return first_page(run, (), kind)


def show_page(run: Run, page: Page) -> None:
    """Show one page: what it is about, its things, and the way on."""
    shelf = _shelf(run)
    heads = [
        run.translate(f"topics.{topic}", shelf.topics[topic]).text for topic in page.topics if topic in shelf.topics
    ]
    if page.kind != "faq":
        heads.append(run.system_text(f"topic_{page.kind}").text)
    total = len(shelf.pages(Page(page.kind, page.topics, 1), run.today))
    found = run.system_text("page")
    title = " · ".join(heads)
    number = f" ({min(page.number, total)}/{total})" if total > 1 else ""
    text = f"{title}{number}\n\n{found.text}" if title else found.text
    spans = (Span(start=0, end=len(title), style="bold"),) if title else ()
    options = (*_page_options(run, page), *run.command_options("menu", "human"))
    message = Say(text=text, spans=spans, options=options, language=found.language)
    run.effects.append(SayText(source=f"pages.{page.name}", message=message, fell_back=found.fell_back))
    run.count(f"page.{page.kind}")


def _page_options(run: Run, page: Page) -> tuple[Option, ...]:
    shelf, program = _shelf(run), run.program
    key = ("", "page", run.language, page.name, run.today, shelf is program.shelf)
    found = program.buttons.get(key)
    if found is not None:
        return found
    pages = shelf.pages(Page(page.kind, page.topics, 1), run.today)
    number = min(max(page.number, 1), len(pages))
    if page.topics:
        options = [option_of(run, name) for name in pages[number - 1]]
    else:
        options = [
            _page_button(Page(page.kind, (topic,), 1), run.translate(f"topics.{topic}", shelf.topics[topic]).text)
            for topic in pages[number - 1]
        ]
    for kind in shelf.beside(page, run.today):
        options.append(page_option(run, Page(kind, page.topics, 1), f"topic_{kind}"))
    if number < len(pages):
        options.append(page_option(run, Page(page.kind, page.topics, number + 1), "more"))
    return program.buttons.setdefault(key, tuple(options))


def page_option(run: Run, page: Page, text: str) -> Option:
    """Return the button that shows a page, labelled with a text of the framework."""
    return _page_button(page, run.system_text(text).text)


def _page_button(page: Page, label: str) -> Option:
    return Option(token=option_token("", "pages", page.name), label=label)


# -- one message each --------------------------------------------------------------------------------------


def _show_entry(run: Run, name: str, spec: FaqEntry) -> None:
    context = f"faq.{name}"
    title = _heading(run, f"{context}.question", spec.question)
    parts = [title.text, *_entry_parts(run, context, spec), *_trust(run, spec)]
    helped = _helped_options(run)
    if helped and run.state.wait is not None:
        parts.append(run.system_text("faq_helped").text)
        run.state.wait.data["answered"] = name
    options = (*helped, *_further(run, name, spec, helped=bool(helped)))
    _say(run, context, parts, title, options)


def _entry_parts(run: Run, context: str, spec: FaqEntry) -> Iterator[str]:
    """Yield the paragraphs of an answer in the order in which they are read."""
    if spec.danger is not None:
        said = said_in_danger(run, spec.danger)
        yield fill(run, said.text, said.language)
    if spec.answer:
        yield _filled(run, f"{context}.answer", spec.answer)
    if spec.steps:
        lines = _filled(run, f"{context}.steps", spec.steps).splitlines()
        yield "\n".join(f"• {line.strip()}" for line in lines if line.strip())
    lines = [
        _line(run, f"faq_{part}", _filled(run, f"{context}.{part}", source))
        for part, source in (("bring", spec.bring), ("deadline", spec.deadline), ("help", spec.help))
        if source
    ]
    if lines:
        yield "\n".join(lines)


def said_in_danger(run: Run, kind: str) -> Translated:
    """Return what is said in a kind of danger, and below it which of its numbers nobody has looked up yet."""
    answer = run.translate(*run.program.crisis.answer(kind))
    unchecked = run.program.crisis.unchecked(kind)
    if not unchecked:
        return answer
    line = run.system_text("crisis_unchecked").text.replace("{text}", ", ".join(unchecked))
    return Translated(text=f"{answer.text}\n\n{line}", language=answer.language, fell_back=answer.fell_back)


def _further(run: Run, name: str, spec: FaqEntry, *, helped: bool) -> Iterator[Option]:
    """Yield the ways on below an answer: into a flow, to centres, to a human."""
    if spec.next is not None:
        label = run.translate(f"faq.{name}.next", spec.next.label).text
        yield Option(token=option_token("", "next", name), label=label)
    shelf = _shelf(run)
    present = dict.fromkeys(shelf.present(centre, run.today) for centre in spec.centres)
    yield from (option_of(run, centre) for centre in present if centre is not None)
    if not helped:
        yield from run.command_options("menu", "human")
    elif spec.human == "yes":
        yield from run.command_options("human")


def _show_rumour(run: Run, name: str, spec: Rumour) -> None:
    """Say what is told and what is true; then, apart, two sentences that can be forwarded as they are."""
    context = f"rumours.{name}"
    claim = run.translate(f"{context}.claim", spec.claim)
    heading = _line(run, "rumour_claim", fill(run, claim.text, claim.language))
    lines = [
        _line(run, f"rumour_{part}", format_part_of_date(value, run.language))
        for part, value in (("since", spec.since), ("until", spec.until))
        if value
    ]
    truth = _line(run, "rumour_truth", _filled(run, f"{context}.truth", spec.truth))
    parts = [heading, truth, *(["\n".join(lines)] if lines else []), *_trust(run, spec)]
    parts.append(run.system_text("rumour_share").text)
    heard = Translated(text=heading, language=claim.language, fell_back=claim.fell_back)
    _say(run, context, parts, heard, ())
    share = [_filled(run, f"{context}.share", spec.share), *_trust(run, spec)]
    more = (option_of(run, spec.entry),) if spec.entry else ()
    options = (*more, *run.command_options("menu", "human"))
    message = Say(text=_SHARE_GAP.join(share), options=options, language=run.language)
    run.effects.append(SayText(source=f"{context}.share", message=message))


def show_nearest(run: Run, names: Sequence[str], options: Sequence[Option]) -> None:
    """Name some centres with what they help with; ``options`` lead on."""
    found = run.system_text("referral_found")
    lines = []
    for name in names:
        spec = run.program.shelf.centres[name]
        own = _filled(run, f"centres.{name}.name", spec.name)
        lines.append(f"• {own}: {_filled(run, f'centres.{name}.what', spec.what)}")
    message = Say(text="\n\n".join((found.text, *lines)), options=tuple(options), language=found.language)
    run.effects.append(SayText(source="streetwork.referral_found", message=message, fell_back=found.fell_back))


def _show_centre(run: Run, name: str, spec: Centre) -> None:
    context = f"centres.{name}"
    title = _heading(run, f"{context}.name", spec.name)
    spoken = format_list([language_name(code, run.language) for code in spec.languages], run.language)
    if spec.languages_note:
        note = _filled(run, f"{context}.languages_note", spec.languages_note)
        spoken = f"{spoken} ({note})" if spoken else note
    own = {part: _filled(run, f"{context}.{part}", text) for part in ("who", "hours") if (text := getattr(spec, part))}
    lines = [_line(run, "centre_who", own["who"])] if spec.who else []
    lines += [_line(run, "centre_languages", spoken)] if spoken else []
    lines += [run.system_text(f"centre_{spec.visit}").text] if spec.visit else []
    lines += [_line(run, "centre_address", spec.address, foreign=True)] if spec.address else []
    lines += [_line(run, "centre_hours", own["hours"])] if spec.hours else []
    lines += [_line(run, "centre_phone", spec.phone, foreign=True)] if spec.phone else []
    lines += [isolate(spec.url, run.language)] if spec.url else []
    parts = [title.text, _filled(run, f"{context}.what", spec.what), "\n".join(lines), *_trust(run, spec)]
    _say(run, context, parts, title, run.command_options("menu", "human"))


def _say(run: Run, source: str, parts: Sequence[str], title: Translated, options: Sequence[Option]) -> None:
    message = Say(
        text="\n\n".join(part for part in parts if part),
        spans=(Span(start=0, end=len(title.text), style="bold"),),
        options=tuple(options),
        language=title.language,
    )
    run.effects.append(SayText(source=source, message=message, fell_back=title.fell_back))


def _trust(run: Run, spec: Checked) -> Iterator[str]:
    """Yield what tells how far something can be trusted: a warning on drafts, then source and day."""
    if spec.status == "draft":
        yield run.system_text("faq_draft").text
    found = run.system_text("faq_source")
    values = {"source": spec.source[0], "date": format_date(spec.checked, found.language)}
    yield fill(run, found.text, found.language, values=values)


def _filled(run: Run, context: str, source: str) -> str:
    found = run.translate(context, source)
    return fill(run, found.text, found.language)


def _heading(run: Run, context: str, source: str) -> Translated:
    found = run.translate(context, source)
    return Translated(text=fill(run, found.text, found.language), language=found.language, fell_back=found.fell_back)


def _line(run: Run, text: str, value: str, *, foreign: bool = False) -> str:
    """Return a line of the framework with one value in it; a ``foreign`` one (an address) keeps its own direction."""
    found = run.system_text(text)
    return found.text.replace("{text}", isolate(value, found.language) if foreign else value)


def _helped_options(run: Run) -> tuple[Option, ...]:
    """Return the two buttons of the open FAQ step, if one is open."""
    frame = run.state.top
    step = run.program.step(frame.flow, frame.step) if frame and frame.wait else None
    if step is None or step.verb.name != "faq":
        return ()
    return run.labels(step, step.options)
