"""Where a file at Telegram is: getFile gives a path below the API's own address, good for an hour."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bots.download import Source
from bots.telegram_http import Throttled
from bots.telegram_settings import DEFAULT_API_URL
from handlers.calls import CallFailed, TryAgain

__all__ = ["locate"]

#: ``photos/file_12.jpg``: relative, and no step up.
_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./ -]{0,300}")


async def locate(bot: Bot, api_url: str, file_id: str) -> Source:
    """Return where the file is; raises CallFailed or TryAgain."""
    try:
        file = await bot.get_file(file_id)
    except Throttled as error:
        raise TryAgain("provider", int(error.seconds * 1000)) from None
    except InvalidToken:
        raise TryAgain("provider") from None
    except BadRequest as error:
        # "file is too big" beyond 20 MB; "wrong file_id", "file is temporarily unavailable" and the like otherwise.
        if "too big" in error.message.lower():
            raise CallFailed("too_large") from None
        if "temporarily" in error.message.lower():
            raise TryAgain("provider") from None
        raise CallFailed("gone") from None
    except TelegramError:
        raise TryAgain("unreachable") from None
    except (TypeError, ValueError, LookupError, AttributeError):
        raise TryAgain("provider") from None
    path = _relative(file.file_path or "", f"{api_url}/file/bot{bot.token}/")
    if path is None:
        raise CallFailed("gone")
    parts = urlsplit(api_url)
    return Source(
        url=f"{api_url}/file/bot{bot.token}/{quote(path)}",
        hosts=(parts.hostname or "",),
        own=None if api_url == DEFAULT_API_URL else f"{parts.scheme}://{parts.netloc}",
    )


def _relative(path: str, base: str) -> str | None:
    """Return the path as the API gave it (the library puts the address in front), if it is one."""
    path = path.removeprefix(base)
    return path if _PATH.fullmatch(path) else None
