"""The chat page as files: the template, its words in each language, and the scripts and styles it loads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
import msgspec
from aiohttp import web

from bots.webchat_wire import MAX_TEXT

__all__ = ["Page"]

HERE = Path(__file__).parent
#: The files a browser may load; nothing else of the folder is served.
STATIC = ("chat.css", "chat-files.js", "chat-icon.svg", "chat.js", "chat-link.js", "chat-view.js", "chat-words.js")
#: Spoken by the page's own controls; the bot may speak others.
WORDS = "chat-words.json"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class Page:
    """Renders the page and serves its files, all read once at start."""

    def __init__(self, *, title: str, languages: Sequence[str]) -> None:
        self._title = title
        self._words: dict[str, dict[str, str]] = msgspec.json.decode((HERE / "static" / WORDS).read_bytes())
        #: Own languages in the bot's order; the first one is for whoever asks for none of them.
        self._languages = [tag for tag in languages if tag in self._words] or ["en"]
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
        )
        self._template = environment.get_template("chat.html")
        self._files = {name: _File(HERE / "static" / name) for name in STATIC}

    def html(self, request: web.Request) -> web.Response:
        """Answer with the page in the wanted language (``?lang=``, else the browser's, else the bot's first)."""
        asked = _primary(request.query.get("lang", ""))
        tag = asked if asked in self._words else self._accepted(request.headers.get("Accept-Language", ""))
        words = self._words[tag]
        html = self._template.render(
            lang=tag,
            dir="rtl" if tag in RIGHT_TO_LEFT else "ltr",
            asked=asked if re.fullmatch(r"[a-z]{2,3}", asked) else "",
            title=self._title,
            words=words,
            notice=words["notice"].replace("{name}", self._title),
            all_words=self._words,
            max_text=MAX_TEXT,
        )
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    def file(self, request: web.Request) -> web.Response:
        """Answer with a script or style; 304 when the browser has it already."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == file.tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.data, content_type=file.mime, charset="utf-8", headers=headers)

    def _accepted(self, header: str) -> str:
        for part in header.split(","):
            tag = _primary(part.split(";")[0].strip())
            if tag in self._languages:
                return tag
        return self._languages[0]


class _File:
    """One file with its type and the mark by which a browser knows it again."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        self.tag = f'"{hashlib.sha256(self.data).hexdigest()[:32]}"'
        known = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        self.mime = known[path.suffix]


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()
