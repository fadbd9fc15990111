"""Files at the desk: what the page knows of each, fetching one, and sending one to the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from aiohttp import BodyPartReader, web
from msgspec import Struct

from core.blobs import EXPIRED, BlobHead, BlobKey, BlobRefused, blob_key, keep, owner_of
from core.capabilities import CAPABILITIES, Capabilities, sent_as
from core.errors import Refused
from core.events import Reply
from core.filetypes import may_show
from core.ids import Millis
from core.messages import Address, Media, SendMedia
from core.ports import Blobs
from core.records import Heard, Line, Outcome, Wrote
from handoff.access import Access, Grant
from handoff.acts import Acts, Pressed, valid_request
from handoff.auth import Border
from handoff.guard import absent, answer, api, case_number
from handoff.serving import file_response, shown_name
from handoff.sessions import SignedIn
from handoff.uploads import FileForm, pieces
from handoff.verbs import parse

__all__ = ["FileRoutes", "FileView", "Limits", "file_key", "file_views"]

#: A file of which nothing is known after so long will not come: all tries are over by then.
_NO_LONGER: Millis = 2 * 3_600_000

#: Makes the answer to a press.
Tell = Callable[[Pressed, Outcome | None, str], Awaitable[web.StreamResponse]]


class FileView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the page knows of a line's file. Its content is at ``files/{seq}``."""

    state: Literal["fetching", "ready", "failed", "expired"]
    mime: str = ""
    size: int = 0
    name: str = ""
    #: A browser may show it; anything else is only downloaded.
    inline: bool = False
    #: Why there is none: a code that the page words.
    reason: str = ""


class Limits(Struct, frozen=True, kw_only=True):
    """What may be sent: the bytes that we take at all, and how long a file is kept."""

    most: int = 20 << 20
    #: What a messenger does not take goes out as a link to us; possible where we have a public address.
    links: bool = False
    keep_for: Callable[[], Millis] = lambda: 14 * 86_400_000
    capabilities: Callable[[Address], Capabilities] = lambda address: CAPABILITIES[address.channel]


def file_key(line: Line) -> BlobKey | None:
    """Return the key of a line's file; None for a line that has none of ours."""
    match line.entry.body:
        case Heard(message=heard) if isinstance(heard.content, Media):
            return BlobKey(heard.content.ref if _is_ours(heard.content.ref, line) else line.entry.id)
        case Wrote(message=SendMedia(ref=ref)) if _is_ours(ref, line):
            return BlobKey(ref)
        case _:
            return None


def _is_ours(ref: str, line: Line) -> bool:
    """Return whether a reference names a file of the line's own conversation: a provider's may look like anything."""
    owner = owner_of(ref)
    return owner is not None and line.entry.id.startswith(f"{owner[0]}/{owner[1]}/")


async def file_views(blobs: Blobs, lines: Sequence[Line], now: Millis) -> dict[int, FileView]:
    """Return what is known of the files of these lines, by seq."""
    keys = {line.seq: key for line in lines if (key := file_key(line)) is not None}
    heads = await blobs.heads(list(keys.values()), now) if keys else {}
    at = {line.seq: line.entry.at for line in lines}
    return {seq: _view(heads.get(key), at[seq], now) for seq, key in keys.items()}


def _view(head: BlobHead | None, at: Millis, now: Millis) -> FileView:
    if head is None:
        lost = now - at > _NO_LONGER
        return FileView(state="failed", reason="lost") if lost else FileView(state="fetching")
    if head.reason is not None and head.reason != EXPIRED:
        return FileView(state="failed", reason=head.reason)
    return FileView(
        state="expired" if head.reason == EXPIRED else "ready",
        mime=head.mime,
        size=head.size,
        name=shown_name(head),
        inline=may_show(head.mime),
    )


class FileRoutes:
    """The desk's routes for files."""

    def __init__(
        self,
        access: Access,
        border: Border,
        blobs: Blobs,
        acts: Acts,
        tell: Tell,
        limits: Limits,
    ) -> None:
        """``tell`` makes the answer to a press, as for every other act."""
        self._access = access
        self._border = border
        self._blobs = blobs
        self._acts = acts
        self._tell = tell
        self._limits = limits

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes. The one that sends must stand before the route of all verbs."""
        return [
            web.get("/desk/api/cases/{number}/files/{seq}", api(self._border, self._show), allow_head=False),
            web.post("/desk/api/cases/{number}/files", api(self._border, self._send, changes=True)),
        ]

    async def _show(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now = self._border.now()
        grant = await self._access.open(signed.account, "read", case_number(request), now)
        seq = request.match_info["seq"]
        if grant is None or not (seq.isascii() and seq.isdecimal() and 0 < len(seq) < 9 and int(seq) > 0):
            return absent()
        lines = await self._access.lines(grant, int(seq) - 1, 1)
        key = file_key(lines[0]) if lines and lines[0].seq == int(seq) else None
        head = (await self._blobs.heads([key], now)).get(key) if key is not None else None
        if key is None or head is None:
            return absent()
        if head.reason is not None:
            return answer({"code": "no_file", "detail": {"reason": head.reason}}, 410)
        return await file_response(request, self._blobs, key, head, now, inline="download" not in request.query)

    async def _send(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        account, number = signed.account, case_number(request)
        form = FileForm(request)
        part = await form.file()
        press = valid_request(form.fields.get("request"))
        if press is None:
            raise Refused("malformed")
        earlier = await self._acts.earlier(account, press)
        if earlier is not None:
            if (earlier.number, earlier.verb) != (number, "reply"):
                raise Refused("malformed")
            return await self._told(earlier, press)
        grant = await self._access.open(account, "reply", number, self._border.now())
        if grant is None:
            return absent()
        text = form.fields.get("text", "").strip()
        words = parse("reply", {"text": text}) if text else None
        caption = words[1].text if words is not None and isinstance(words[1], Reply) else None
        file = await self._kept(grant, account.id, press, part, caption)
        pressed = await self._acts.press(account, grant, "reply", Reply(text=caption or "", file=file), press, None)
        return await self._told(pressed, press)

    async def _told(self, pressed: Pressed, press: str) -> web.StreamResponse:
        return await self._tell(pressed, await self._acts.outcome(pressed), press)

    async def _kept(
        self, grant: Grant, account: str, press: str, part: BodyPartReader, caption: str | None
    ) -> SendMedia:
        """Keep the file and return the message that carries it, or a link to it.

        Refuses what the person's messenger would not take where no link can be made.
        """
        now, limits = self._border.now(), self._limits
        capabilities = limits.capabilities(grant.snapshot.address)
        if capabilities.files is None:
            raise Refused("no_files")
        most = limits.most if limits.links else min(limits.most, capabilities.files.most)
        key = blob_key(grant.conversation, grant.snapshot.generation, f"up/{account}/{press}")
        name = (part.filename or "")[-200:] or None
        try:
            kept = await keep(
                self._blobs, key, pieces(part), most=most, now=now, expires=now + limits.keep_for(), name=name
            )
        except BlobRefused as refused:
            if refused.code == "too_large":
                raise Refused("file_too_large", most=_megabytes(most)) from None
            raise Refused("file_empty" if refused.code == "empty" else "no_case") from None
        head = kept.head
        kind = sent_as(capabilities, head.mime, head.size)
        if isinstance(kind, Refused) and not limits.links:
            raise kind
        link = isinstance(kind, Refused)
        return SendMedia(
            kind="document" if isinstance(kind, Refused) else kind,
            ref=key,
            caption=caption,
            name=shown_name(head),
            mime=head.mime,
            link=link,
        )


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.0f} MB"
