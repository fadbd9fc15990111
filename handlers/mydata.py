"""A copy of one's own data (GDPR Art. 15): asked for in a turn, made off it, sent when it is there.

Making it reads the whole conversation, so it is a durable call of our own in the call lane, under a name that no hook
can have. It goes to the person's own chat and nowhere else: as a file, or as a link that works for half an hour where
the messenger takes no such file, or would put it up on servers of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.capabilities import sent_as
from core.errors import Refused
from core.ids import CallId, Millis
from core.messages import SendMedia
from core.records import Call
from flows.effects import CallOut, SendFile
from handlers.talk import Talk

__all__ = ["COPY", "COPY_MIME", "LINK_LIVES", "arrived", "ask", "is_copy", "prepare"]

#: Neither a function's name nor an https address, so no hook of an editor can have it.
COPY: Final = "data:copy"
COPY_MIME: Final = "text/html"
#: One try takes so long at most; below the lease of a call.
_LIMIT: Millis = 60_000
#: Nobody needs a second copy so soon; a stuck key would fill the store.
AGAIN: Millis = 600_000
#: How long the address of a copy works.
LINK_LIVES: Millis = 30 * 60_000
_MARK = "/mydata"


def ask(talk: Talk) -> None:
    """Do what the word for it asks: have the copy made and say that it comes."""
    if talk.env.now - talk.conversation.asked_data < AGAIN and talk.conversation.asked_data:
        talk.notice("mydata_soon")
    else:
        prepare(talk)
        talk.notice("mydata_making")
    if not talk.human_speaks:
        talk.repeat_or_home()


def prepare(talk: Talk) -> None:
    """Have a copy made, also for somebody of the staff whom the person asked; it goes to the person alone."""
    talk.conversation.asked_data = talk.env.now
    talk.run.count("mydata")
    args = {"language": talk.run.language}
    call = Call(id=CallId(f"{talk.env.flow.prefix}{_MARK}"), name=COPY, args=args, timeout=_LIMIT)
    talk.run.effects.append(CallOut(call=call))


def is_copy(call_id: CallId) -> bool:
    """Return whether this call was one for a copy."""
    return call_id.endswith(_MARK)


def arrived(talk: Talk, values: Mapping[str, str], error: str | None) -> None:
    """Send what was made, or say that it failed. Who stopped meanwhile still asked for it."""
    if talk.conversation.unreachable:
        return
    ref, size = values.get("ref", ""), values.get("size", "")
    made = not error and size.isdecimal()
    kind = sent_as(talk.env.capabilities, COPY_MIME, int(size)) if made else Refused("failed")
    if made and values.get("link"):
        talk.notice("mydata_link", link=values["link"], minutes=str(LINK_LIVES // 60_000))
    elif not isinstance(kind, Refused):
        caption = talk.run.system_text("mydata_file").text
        file = SendMedia(kind=kind, ref=ref, caption=caption, name=values.get("name"), mime=COPY_MIME)
        talk.run.effects.append(SendFile(source="streetwork.mydata_file", message=file, kind="notice"))
    else:
        talk.conversation.asked_data = 0
        talk.notice("mydata_failed")
        return
    talk.mark("mydata")
