"""Files that people send: a durable call fetches each one, and the counsellor learns what did not come.

The call runs in the call lane like a hook, under a name that no editor can give one. It ends in the store: the file, or
why there is none. Only a failure becomes an event; one that came shows itself.
"""

from __future__ import annotations

from typing import Final

from core.blobs import owner_of
from core.ids import CallId, Millis
from core.messages import Media
from core.records import Call
from flows.effects import CallOut
from handlers.talk import Talk

__all__ = ["BURST", "FETCH", "FETCH_LIMIT", "ask_for", "entry_of", "failed", "is_fetch"]

#: Neither a function's name nor an https address, so no hook of an editor can have it.
FETCH: Final = "file:fetch"
#: One try takes so long at most; below the lease of a call.
FETCH_LIMIT: Millis = 60_000
#: Files in a row that come within this time of our answer are one burst: an album, or a letter photographed page by
#: page. One answer is enough.
BURST: Millis = 60_000

_MARK = "/file"


def ask_for(talk: Talk, media: Media) -> None:
    """Have the file of the line that was just heard fetched; one that came with the message is there already."""
    owner = owner_of(media.ref)
    if owner is not None and owner[0] == talk.env.conversation:
        return
    line = len(talk.lines) - 1
    args = {"ref": media.ref, "kind": media.kind, "mime": media.mime or "", "name": media.name or ""}
    args["size"] = str(media.size or 0)
    call = Call(id=CallId(f"{talk.env.flow.prefix}{_MARK}{line}"), name=FETCH, args=args, timeout=FETCH_LIMIT)
    talk.run.effects.append(CallOut(call=call))


def is_fetch(call_id: CallId) -> bool:
    """Return whether this call was one for a file."""
    return _MARK in call_id


def entry_of(call_id: CallId) -> str:
    """Return the id of the transcript entry whose file a call fetches; that is also the file's key."""
    return call_id.replace(_MARK, "/")


def failed(talk: Talk, reason: str) -> None:
    """Tell the counsellor that a file did not come, and the person who waits for one."""
    talk.mark("file_failed", reason=reason)
    if talk.case is None or talk.human_speaks or talk.conversation.stopped or talk.conversation.unreachable:
        return
    if talk.env.now - talk.conversation.told_lost_file < BURST:
        return
    talk.conversation.told_lost_file = talk.env.now
    talk.notice("file_lost")
