"""Formatting for channels without entities: link addresses in brackets, ``*bold*`` and ``_italic_`` where it is safe.

A sign that the person or an author typed is never taken for formatting by us, nor ours for theirs: a text that
already holds an asterisk gets no bold, one with an underscore no italics. What is not marked is still all there.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import Span

__all__ = ["spell_out"]

_MARK = {"bold": "*", "italic": "_"}


def spell_out(text: str, spans: Sequence[Span], *, marks: bool) -> tuple[str, tuple[Span, ...]]:
    """Return ``text`` with link addresses in it and, with ``marks``, signs for bold and italic.

    The spans returned are the marked runs, signs included: a place inside them is a bad one to split at.
    """
    inserted = [(span.end, 1, f" ({span.url})") for span in spans if _needs_address(text, span)]
    runs = _runs(text, spans) if marks else []
    for start, end, sign in runs:
        inserted += [(start, 2, sign), (end, 0, sign)]
    inserted.sort()
    pieces: list[str] = []
    starts: list[int] = []
    found: list[Span] = []
    at = length = 0
    for position, order, word in inserted:
        length += position - at
        pieces += [text[at:position], word]
        if order == 2:
            starts.append(length)
        length += len(word)
        if order == 0:
            found.append(Span(start=starts.pop(), end=length, style="bold"))
        at = position
    return "".join([*pieces, text[at:]]), tuple(found)


def _needs_address(text: str, span: Span) -> bool:
    label = text[span.start : span.end].strip()
    return span.style == "link" and bool(span.url) and label not in {span.url, (span.url or "")[len("https://") :]}


def _runs(text: str, spans: Sequence[Span]) -> list[tuple[int, int, str]]:
    """Return (start, end, sign) of what can be marked: on one line, between words, and not across another run."""
    links = [span.end for span in spans if span.style == "link"]
    taken: list[tuple[int, int, str]] = []
    for span in spans:
        sign = _MARK.get(span.style)
        if sign is None or sign in text:
            continue
        run = text[span.start : span.end]
        start = span.start + len(run) - len(run.lstrip())
        end = span.start + len(run.rstrip())
        apart = all(end <= other or start >= until for other, until, _ in taken)
        around = text[start - 1 : start] + text[end : end + 1]
        inside = "\n" in text[start:end] or any(start < link < end for link in links)
        if start < end and apart and not inside and not any(_holds(char) for char in around):
            taken.append((start, end, sign))
    return taken


def _holds(char: str) -> bool:
    """Say whether a sign beside ``char`` would be read as part of a word."""
    return char.isalnum() or char in "*_~`"
