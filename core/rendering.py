"""From a neutral message to parts that a channel can take.

Too many options become a numbered list, long labels are cut and listed in full, formatting that cannot be shown is
taken off (a link keeps its address in brackets), and long texts are split at a paragraph, else a line, a sentence, a
word, and only at last between two visible characters. Nothing a person needs is left out on the way, and rendering
a part again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal

from msgspec.structs import replace

from core.capabilities import Capabilities
from core.graphemes import Unit, boundaries, cut, length
from core.marks import spell_out
from core.messages import Option, Outbound, Say, SendMedia, Span
from core.pages import MORE

__all__ = ["CAPTION", "render", "simplest"]

#: Longest caption of a file, Telegram's limit (Bot API sendPhoto); a longer one follows as a message of its own.
CAPTION = 1024

RLM, FSI, PDI = "\u200f", "\u2068", "\u2069"
#: Languages written from right to left, by primary subtag.
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

#: Where to split, best first: the match is what may be dropped between two parts.
PLACES = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"(?<=[.!?…؟۔。！？])[\"'»”’)\]]*(\s+)"),
    re.compile(r"\s+"),
)
#: A paragraph, line or sentence is only a good place when the part is at least this much full.
FULL_ENOUGH = 1 / 3


def render(message: Outbound, capabilities: Capabilities) -> tuple[Outbound, ...]:
    """Return ``message`` as parts within ``capabilities``, in order; options and requests go with the last part.

    Where buttons are not possible the options stand as a numbered list in the text (Latin digits, in the order of
    the options) and the parts have none.
    """
    match message:
        case Say():
            return (message,) if _fits(message, capabilities) else _render_text(message, capabilities)
        case SendMedia(caption=caption) if caption and not _can_carry(message, caption, capabilities):
            return (replace(message, caption=None), *_render_text(Say(text=caption), capabilities))
        case _:
            return (message,)


def simplest(message: Outbound, capabilities: Capabilities) -> Outbound:
    """Return ``message`` as one plain text that says the same, for when a channel took its form and then refused it.

    Options become a numbered list and a public file its address; what has no plainer form comes back as it is.
    """
    match message:
        case Say():
            bare = replace(capabilities, buttons=0, formatting=False, marks=False, text=1_000_000)
            (text,) = _render_text(replace(message, request=None), bare)
            return text
        case SendMedia(ref=ref) if ref.startswith("https://"):
            return Say(text="\n".join(part for part in (message.caption, message.name, ref) if part))
        case _:
            return message


def _can_carry(message: SendMedia, caption: str, capabilities: Capabilities) -> bool:
    allowed = message.link or capabilities.captions is None or message.kind in capabilities.captions
    return allowed and length(caption, capabilities.unit) <= CAPTION


def _fits(message: Say, capabilities: Capabilities) -> bool:
    """Say whether nothing has to be done: true for nearly everything a bot says, so it is found out quickly.

    No text has more than two units to a code point, so what is short enough twice over need not be counted.
    """
    longest = (capabilities.text_with_buttons if message.options else None) or capabilities.text
    return (
        2 * len(message.text) <= longest
        and message.request is None
        and (not message.spans or (capabilities.formatting and _all_valid(message)))
        and (
            not message.options
            or (
                len(message.options) <= capabilities.buttons
                and all(_short(option.label, capabilities) for option in message.options)
                and (capabilities.url_buttons or not any(option.url for option in message.options))
            )
        )
    )


def _short(label: str, capabilities: Capabilities) -> bool:
    return 2 * len(label) <= capabilities.label or length(label, capabilities.unit) <= capabilities.label


def _all_valid(message: Say) -> bool:
    end = len(message.text)
    return all(0 <= span.start < span.end <= end and (span.style != "link" or span.url) for span in message.spans)


def _render_text(message: Say, capabilities: Capabilities) -> tuple[Say, ...]:
    text = message.text
    spans = tuple(_valid(message.spans, len(text)))
    if not capabilities.formatting:
        text, spans = spell_out(text, spans, marks=capabilities.marks)
    options, listed = _fit_options(message, capabilities)
    if listed:
        body = text.rstrip()
        text = f"{body}\n\n{listed}" if body else listed
        spans = tuple(_valid(spans, len(body)))
    ranges = _split(text, spans, capabilities.text, capabilities.unit)
    last = capabilities.text_with_buttons
    if options and last is not None:
        start, end = ranges.pop()
        inner = _split(text[start:end], _within(spans, start, end), last, capabilities.unit)
        ranges += [(start + first, start + until) for first, until in inner]
    if not capabilities.formatting:
        spans = ()
    parts = [
        replace(message, text=text[start:end], spans=_within(spans, start, end), options=(), request=None)
        for start, end in ranges
    ]
    if len(parts) > 1:  # a template stands for the whole text, not for a part of it
        parts = [replace(part, template=None) for part in parts]
    return (*parts[:-1], replace(parts[-1], options=options, request=_request(message, capabilities)))


def _request(message: Say, capabilities: Capabilities) -> Literal["location", "contact"] | None:
    possible = {"location": capabilities.request_location, "contact": capabilities.request_contact}
    return message.request if message.request and possible[message.request] else None


# -- options ---------------------------------------------------------------------------------------------


def _fit_options(message: Say, capabilities: Capabilities) -> tuple[tuple[Option, ...], str]:
    """Return the buttons, and what of the options must stand in the text as well or instead."""
    options = message.options
    pressable = options if capabilities.url_buttons else tuple(o for o in options if not o.url)
    if len(pressable) > capabilities.buttons:
        return (), _numbered(message)
    fitted = tuple(replace(o, label=cut(o.label, capabilities.label, capabilities.unit)) for o in pressable)
    if fitted != pressable:
        return fitted, _numbered(message)
    return fitted, "\n".join(f"{o.label}: {o.url}" for o in options if o not in pressable)


def _numbered(message: Say) -> str:
    right_to_left = _right_to_left(message)
    lines = []
    for n, option in enumerate(message.options, message.first + 1):
        label = " ".join(option.label.split())
        if option.token.startswith(MORE):
            lines.append(label)  # no option of its own: who types it sees the next page
            continue
        # A Latin label would turn the whole line round and put its number at the wrong end.
        turned = right_to_left and _first_strong(label) == "L"
        line = f"{RLM}{n}. {FSI}{label}{PDI}" if turned else f"{n}. {label}"
        lines.append(f"{line}: {option.url}" if option.url else line)
    return "\n".join(lines)


def _right_to_left(message: Say) -> bool:
    if message.language:
        return message.language.replace("_", "-").split("-")[0].lower() in RIGHT_TO_LEFT
    return _first_strong(message.text) == "R"


def _first_strong(text: str) -> str | None:
    """Return L or R, the direction of the first letter; None when there is no letter."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "L" if kind == "L" else "R"
    return None


# -- formatting ------------------------------------------------------------------------------------------


def _valid(spans: Iterable[Span], end: int) -> Iterable[Span]:
    """Give the spans cut to the text, without the ones that mark nothing."""
    for span in spans:
        first, last = max(span.start, 0), min(span.end, end)
        if first < last and (span.style != "link" or span.url):
            yield span if (first, last) == (span.start, span.end) else replace(span, start=first, end=last)


def _within(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    """Return the spans of ``text[start:end]``, with offsets of that part."""
    moved = (replace(s, start=s.start - start, end=s.end - start) for s in spans)
    return tuple(_valid(moved, end - start))


# -- splitting -------------------------------------------------------------------------------------------


def _split(text: str, spans: Sequence[Span], limit: int, unit: Unit) -> list[tuple[int, int]]:
    """Return (start, end) of the parts of ``text``, in code points; always at least one."""
    if length(text, unit) <= limit:
        return [(0, len(text))]
    ruler = _Ruler(text, spans, limit, unit)
    parts = []
    start = ruler.skip_space(0)
    while start < len(text):
        end, following = ruler.part(start)
        parts.append((start, end))
        start = following
    return parts or [(0, 0)]


class _Ruler:
    """Measures one long text and finds where it may be split."""

    def __init__(self, text: str, spans: Sequence[Span], limit: int, unit: Unit) -> None:
        self._text = text
        self._limit = limit
        #: Units from the beginning to each position.
        self._offset = [0, *accumulate(length(char, unit) for char in text)]
        self._visible = frozenset(boundaries(text))
        #: Only what fits into one part can be kept whole.
        self._whole = [s for s in spans if self._offset[s.end] - self._offset[s.start] <= limit]

    def part(self, start: int) -> tuple[int, int]:
        """Return where the part that begins at ``start`` ends, and where the next one begins."""
        if self._offset[-1] - self._offset[start] <= self._limit:
            return self._strip(start, len(self._text)), len(self._text)
        reach = start + 1
        while self._offset[reach + 1] - self._offset[start] <= self._limit:
            reach += 1
        for keep_whole in (True, False):
            end = self._best(start, reach, keep_whole)
            if end is not None:
                return self._strip(start, end), self.skip_space(end)
        # One visible character longer than the limit, such as a letter under hundreds of marks.
        return reach, reach

    def skip_space(self, at: int) -> int:
        """Return the first position from ``at`` on where something visible begins."""
        while at < len(self._text) and self._text[at].isspace() and at + 1 in self._visible:
            at += 1
        return at

    def _strip(self, start: int, end: int) -> int:
        """Return ``end`` without the white space before it, never an empty part."""
        kept = start + len(self._text[start:end].rstrip())
        return kept if kept > start and kept in self._visible else end

    def _best(self, start: int, reach: int, keep_whole: bool) -> int | None:
        """Return the best place to end in (start, reach], or None; ``keep_whole`` spares bold text and links."""
        # White space right behind the limit is as good as before it: it is dropped.
        window_end = self.skip_space(reach)
        for place in PLACES:
            needed = FULL_ENOUGH * self._limit if place is not PLACES[-1] else 1
            for match in reversed(list(place.finditer(self._text, start, window_end))):
                end = match.start(match.lastindex or 0)
                full = self._offset[end] - self._offset[start]
                if needed <= full <= self._limit and self._allowed(end, keep_whole):
                    return end
        for end in range(reach, start, -1):
            if self._allowed(end, keep_whole):
                return end
        return None

    def _allowed(self, at: int, keep_whole: bool) -> bool:
        if at not in self._visible:
            return False
        return not keep_whole or not any(s.start < at < s.end for s in self._whole)
