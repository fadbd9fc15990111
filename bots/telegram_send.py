"""One send to Telegram: call, mend what can be mended at once, and put every error into the words of the core.

Mended within one send, each once, because Telegram certainly took nothing: a deleted topic (without the topic), a
group that became a supergroup (to its new address, which is told on), entities that Telegram does not like
(plain text), and a file that Telegram could not fetch (its address as text).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace
from telegram import Bot, InputFile
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError, TimedOut

from bots.telegram_http import AiohttpRequest, MaybeWritten, NotWritten, ServerError, Throttled
from bots.telegram_render import CannotRender, File, Message, Place, Rendered
from core.reasons import reason
from core.sending import Down, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["OpenBlob", "Target", "result_of", "send"]

#: Reads a file of ours by its key; None when it is gone.
OpenBlob = Callable[[str], Awaitable[bytes | None]]


class Target(Struct, frozen=True, kw_only=True):
    """Where a message goes."""

    chat: int
    thread: int | None = None


#: Parts of Telegram's descriptions (lower case), what they mean to a counsellor, and whether nothing else will arrive.
_REASONS: tuple[tuple[str, str, bool], ...] = (
    ("chat not found", reason("telegram.no_chat"), True),
    ("not enough rights", reason("telegram.group"), True),
    ("chat_write_forbidden", reason("telegram.group"), True),
    ("message is too long", reason("telegram.text_long"), False),
    ("button_", reason("button_wrong"), False),
    ("url", reason("telegram.address_used"), False),
    ("file", reason("telegram.file"), False),
)
#: Statuses that mean: not processed, come again.
_TRY_AGAIN = frozenset({429, 500, 502, 503})


def result_of(error: TelegramError) -> SendResult:
    """Return what ``error`` means for the message. Subclasses come first: BadRequest and TimedOut are NetworkErrors."""
    match error:
        case Throttled():
            return NotSent(reason=reason("telegram.wait"), after=int(error.seconds * 1000))
        case NotWritten():
            return NotSent(reason=reason("telegram.unreachable"))
        case ServerError():
            return _server_error(error.status)
        case Forbidden():
            return Refused(reason=reason("telegram.blocked"), blocked=True)
        case InvalidToken():
            return Down(reason=reason("telegram.token"))
        case ChatMigrated():
            return NotSent(reason=reason("telegram.moved"))
        case Conflict():
            return NotSent(reason=reason("telegram.busy"))
        case BadRequest():
            return _bad_request(error.message)
        case MaybeWritten() | TimedOut():
            return Unsure(reason=reason("telegram.no_answer"))
        case _:
            return Unsure(reason=reason("telegram.unreadable"))


def _server_error(status: int) -> SendResult:
    if status == 413:
        return Refused(reason=reason("telegram.too_large"))
    if status in _TRY_AGAIN or status < 500:
        return NotSent(reason=reason("telegram.trouble", status))
    # 504 and the like: somebody in between gave up waiting, the message may be through.
    return Unsure(reason=reason("telegram.trouble", status))


def _bad_request(description: str) -> Refused:
    lowered = description.lower()
    for part, why, blocked in _REASONS:
        if part in lowered:
            return Refused(reason=why, blocked=blocked)
    return Refused(reason=reason("telegram.refused", description.removeprefix("Bad Request: ")))


async def send(
    bot: Bot, request: AiohttpRequest, target: Target, call: Rendered, open_blob: OpenBlob | None
) -> SendResult:
    """Make ``call`` and return how it ended, with Telegram's message id. Does not raise for what may happen outside.

    ``request`` is the pool that ``bot`` sends by.
    """
    try:
        blob = await _blob(call, open_blob)
    except CannotRender as exc:
        return Refused(reason=str(exc))
    mended: set[str] = set()
    while True:
        try:
            sent = str(await _call(bot, request, target, call, blob))
            return Taken(provider_ids=(sent,), peer=str(target.chat) if "moved" in mended else None)
        except ChatMigrated as exc:
            remedy, target = "moved", Target(chat=exc.new_chat_id, thread=target.thread)
            if remedy in mended:
                return result_of(exc)
        except BadRequest as exc:
            found = _mend(exc.message.lower(), target, call)
            if found is None or found[0] in mended:
                return result_of(exc)
            remedy, target, call = found
        except TelegramError as exc:
            return result_of(exc)
        except (TypeError, ValueError, LookupError, AttributeError):
            # Most likely a success whose answer the library cannot read.
            return Unsure(reason=reason("telegram.unreadable"))
        mended.add(remedy)


def _mend(description: str, target: Target, call: Rendered) -> tuple[str, Target, Rendered] | None:
    """Return (remedy, target, call) to try instead, or None."""
    if "thread not found" in description and target.thread is not None:
        return "thread", replace(target, thread=None), call
    if isinstance(call, Message) and call.entities and ("entities" in description or "entity" in description):
        return "entities", target, replace(call, entities=())
    fetched = "url" in description or "web page content" in description or "file identifier" in description
    if isinstance(call, File) and call.ref.startswith("https://") and fetched:
        return "link", target, Message(text=f"{call.caption}\n{call.ref}" if call.caption else call.ref)
    return None


async def _blob(call: Rendered, open_blob: OpenBlob | None) -> InputFile | None:
    if not isinstance(call, File) or call.ref.startswith("https://"):
        return None
    content = await open_blob(call.ref) if open_blob is not None else None
    if content is None:
        raise CannotRender(reason("file_gone"))
    return InputFile(content, filename=call.name or "file")


async def _call(bot: Bot, request: AiohttpRequest, target: Target, call: Rendered, blob: InputFile | None) -> int:
    where: dict[str, Any] = {"chat_id": target.chat, "message_thread_id": target.thread}
    match call:
        case Message():
            result = await request.call(f"{bot.base_url}/sendMessage", where | call.parameters())
            return int(result["message_id"])
        case Place(title=None):
            sent = await bot.send_location(**where, latitude=call.latitude, longitude=call.longitude)
        case Place(title=title):
            address = f"{call.latitude:.5f}, {call.longitude:.5f}"
            sent = await bot.send_venue(
                **where, latitude=call.latitude, longitude=call.longitude, title=title or address, address=address
            )
        case File():
            sent = await _file(bot, where, call, blob or call.ref)
        case _:
            assert_never(call)
    return sent.message_id


async def _file(bot: Bot, where: dict[str, Any], call: File, file: InputFile | str) -> Any:
    match call.kind:
        case "photo":
            return await bot.send_photo(**where, photo=file, caption=call.caption)
        case "voice":
            return await bot.send_voice(**where, voice=file, caption=call.caption)
        case "audio":
            return await bot.send_audio(**where, audio=file, caption=call.caption)
        case "video":
            return await bot.send_video(**where, video=file, caption=call.caption)
        case "animation":
            return await bot.send_animation(**where, animation=file, caption=call.caption)
        case "sticker":
            return await bot.send_sticker(**where, sticker=file)
        case "document":
            return await bot.send_document(**where, document=file, caption=call.caption)
        case _:
            assert_never(call.kind)
