"""Answers, rumours and centres: names that exist, nothing twice or out of date, and examples in every language."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from flows.channels import capabilities
from flows.draft import Draft
from flows.findings import did_you_mean
from flows.knowledge_spec import Checked, FaqEntry
from flows.references import check_target
from flows.shelf import Shelf
from flows.taps import MOST_TAPS, MOST_URGENT, taps
from flows.ways import Ways
from flows.yaml_nodes import Document, Path
from i18n.plain import fold

__all__ = ["FEWEST_EXAMPLES", "check_knowledge", "check_taps", "checked_things", "shelf_of"]

#: Two examples a language are the least with which the search finds what is worded in another way.
FEWEST_EXAMPLES = 2
#: A share text is forwarded into groups, where nobody reads more.
MOST_SENTENCES = 2


def check_knowledge(draft: Draft, today: date) -> None:
    """Check everything that people can ask for."""
    _check_ids(draft)
    _check_topics(draft)
    for doc, path, spec in checked_things(draft):
        _check_dates(doc, path, spec, today)
    for doc, _, name, entry in draft.faq_entries:
        _check_entry(draft, doc, ("entries", name), entry)
    _check_rumours(draft)
    _check_centres(draft, today)
    _check_examples(draft)


def checked_things(draft: Draft) -> Iterator[tuple[Document, Path, Checked]]:
    """Yield (file, place, what) of every entry, rumour and centre."""
    for doc, _, name, entry in draft.faq_entries:
        yield doc, ("entries", name), entry
    for name, rumour in draft.rumours.items():
        yield draft.rumours_doc, (name,), rumour
    for name, centre in draft.centres.items():
        yield draft.centres_doc, (name,), centre


def _check_ids(draft: Draft) -> None:
    """Report ids that two things share: a button or an example would mean one of them only."""
    seen: dict[str, str] = {}
    for name, doc, path in draft.known_ids:
        if name in seen:
            doc.add("E111", doc.span(path, key=True), f"the name “{name}” is in {seen[name]} already")
        seen.setdefault(name, doc.file)


def _check_topics(draft: Draft) -> None:
    topics: dict[str, str] = {}
    for faq in draft.faq:
        if faq.spec is None:
            continue
        first = topics.setdefault(faq.spec.topic, faq.doc.file)
        if first != faq.doc.file:
            faq.doc.add("E111", faq.doc.span(("topic",)), f"the topic “{faq.spec.topic}” is in {first} already")
    if any(faq.spec is None or faq.doc.partial for faq in draft.faq):
        return
    for name, rumour in draft.rumours.items():
        _known(draft.rumours_doc, (name, "topic"), rumour.topic, topics, "E206", "topic in faq/")
    for name, centre in draft.centres.items():
        for index, topic in enumerate(centre.topics):
            _known(draft.centres_doc, (name, "topics", index), topic, topics, "E206", "topic in faq/")


def _known(doc: Document, path: Path, name: str, known: Collection[str], code: str, what: str) -> None:
    if name not in known:
        doc.add(code, doc.span(path), f"there is no {what} called “{name}”", suggestion=did_you_mean(name, known))


def _check_dates(doc: Document, path: Path, spec: Checked, today: date) -> None:
    name = path[-1]
    if spec.review_by < today:
        doc.add("W511", doc.span((*path, "review_by")), f"“{name}” was to be checked again by {spec.review_by}")
    for key in ("checked", "reviewed"):
        day = getattr(spec, key)
        if day is not None and day > today:
            doc.add("W511", doc.span((*path, key)), f"“{name}” is {key} on a day that has not come")


def _check_entry(draft: Draft, doc: Document, path: Path, entry: FaqEntry) -> None:
    if not draft.centres_doc.partial:
        for index, centre in enumerate(entry.centres):
            _known(doc, (*path, "centres", index), centre, draft.centres, "E217", "centre in centres.yaml")
    if entry.title is None and len(entry.question) > _narrowest(draft):
        doc.add("H516", doc.span((*path, "question")), f"“{path[-1]}” has no title for its button")
    if entry.danger is not None and not draft.crisis_doc.partial:
        _known(doc, (*path, "danger"), entry.danger, draft.crisis, "E217", "kind of danger in crisis.yaml")
    if entry.next is not None:
        check_target(draft, doc, (*path, "next", "goto"), entry.next.goto, "", None)


def _narrowest(draft: Draft) -> int:
    """Return how many signs fit on a button on every channel of the bot."""
    limits = capabilities()
    channels = draft.bot.channels if draft.bot is not None else ()
    return min((limits[name].label for name in channels if name in limits), default=1_000)


def _check_rumours(draft: Draft) -> None:
    doc = draft.rumours_doc
    entries = [name for _, _, name, _ in draft.faq_entries]
    for name, rumour in draft.rumours.items():
        if rumour.entry is not None and not draft.hides_knowledge:
            _known(doc, (name, "entry"), rumour.entry, entries, "E217", "entry in faq/")
        sentences = sum(rumour.share.count(sign) for sign in ".!?")
        abbreviated = rumour.share.count("e.g.") + rumour.share.count("i.e.")
        if sentences - 2 * abbreviated > MOST_SENTENCES and "{" not in rumour.share:
            doc.add("H514", doc.span((name, "share")), f"the text to share of “{name}” has more than two sentences")


def _check_centres(draft: Draft, today: date) -> None:
    doc = draft.centres_doc
    for name, centre in draft.centres.items():
        if centre.fallback is not None and not doc.partial:
            _known(doc, (name, "fallback"), centre.fallback, draft.centres, "E217", "centre in centres.yaml")
        if centre.address is not None and centre.district is None and centre.area == "berlin" and _asks_where(draft):
            doc.add("H519", doc.span((name, "address"), key=True), f"“{name}” has an address, but no district")
        if centre.valid_until is not None and centre.valid_until < today:
            doc.add("W513", doc.span((name, "valid_until")), f"“{name}” ended on {centre.valid_until}; it is not shown")
        seen = {name}
        follower = centre.fallback
        while follower in draft.centres:
            if follower in seen:
                doc.add("E113", doc.span((name, "fallback")), f"the fallbacks of “{name}” lead in a circle")
                break
            seen.add(follower)
            follower = draft.centres[follower].fallback


def _asks_where(draft: Draft) -> bool:
    """Return whether the bot has a ``referral``, which sorts centres by district."""
    steps = (step for flow in draft.flows.values() for step in flow.steps.values())
    return any(step.verb is not None and step.verb.name == "referral" for step in steps)


# -- examples ----------------------------------------------------------------------------------------------


def _check_examples(draft: Draft) -> None:
    if draft.bot is None:
        return
    known = {name: (doc, path) for name, doc, path in draft.known_ids}
    languages = list(dict.fromkeys((draft.bot.languages.source, *draft.bot.languages.offered)))
    desk = draft.bot.languages.desk
    for language, examples in draft.examples.items():
        doc = examples.doc
        if language not in (*languages, *desk):
            doc.add("E208", doc.span(()), f"the language {language} is not offered")
        for name in examples.texts:
            if name not in known and not draft.hides_knowledge:
                span = doc.span((name,), key=True)
                near = did_you_mean(name, known)
                doc.add("E217", span, f"there is no entry, rumour or centre called “{name}”", suggestion=near)
        _check_doubles(draft, language)
    _check_enough(draft, languages, known)


def _check_enough(draft: Draft, languages: list[str], known: dict[str, tuple[Document, Path]]) -> None:
    there = {language: examples for language, examples in draft.examples.items() if not examples.doc.partial}
    for name, (doc, path) in known.items():
        few = [
            language
            for language in languages
            if (language in there or language not in draft.examples)
            and len(_lines(there[language].texts.get(name, "")) if language in there else ()) < FEWEST_EXAMPLES
        ]
        if few:
            listed = ", ".join(few)
            doc.add("H510", doc.span(path, key=True), f"“{name}” has fewer than two example questions in {listed}")


def _check_doubles(draft: Draft, language: str) -> None:
    """Report a question that stands under two entries, or twice under one: the search cannot tell them apart."""
    doc = draft.examples[language].doc
    seen: dict[str, str] = {}
    for name, text in draft.examples[language].texts.items():
        for line in _lines(text):
            folded = fold(line)
            if folded in seen:
                doc.add("W517", doc.inside((name,), line), f"“{line[:60]}” is under “{seen[folded]}” already")
            elif folded:
                seen[folded] = name


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


# -- the shelf and the way to it ----------------------------------------------------------------------------


def shelf_of(draft: Draft) -> Shelf:
    """Return everything that people can leaf through, with as many buttons a page as every channel of the bot has."""
    limits = capabilities()
    channels = [limits[name] for name in draft.bot.channels if name in limits] if draft.bot else []
    topic_of = {name: topic for _, topic, name, _ in draft.faq_entries}
    topic_of |= {name: rumour.topic for name, rumour in draft.rumours.items()}
    return Shelf(
        topics=draft.topics,
        entries={name: entry for _, _, name, entry in draft.faq_entries},
        topic_of=topic_of,
        rumours=draft.rumours,
        centres=draft.centres,
        room=min((one.buttons for one in channels if one.buttons), default=12),
    )


def check_taps(draft: Draft, ways: Ways) -> None:
    """Report what no menu leads to, and what is too many taps away from the main menu."""
    shelf = shelf_of(draft)
    counted = taps(ways, shelf)
    for name, doc, path in draft.known_ids:
        count = counted.get(name)
        urgent = name in shelf.entries and shelf.entries[name].urgent == "yes"
        most = MOST_URGENT if urgent else MOST_TAPS
        if count is None:
            doc.add("W306", doc.span(path, key=True), f"no menu leads to “{name}”")
        elif count > most:
            message = f"“{name}” is {count} taps away from the main menu, {most} are the most"
            doc.add("W307", doc.span(path, key=True), message)
