"""Pages and static files of the desk: templates with autoescape, files with an ETag, and the interface's language."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from handoff.ui_texts import LANGUAGES, SOURCE, texts
from i18n.negotiate import NATIVE_NAMES, direction, negotiate

__all__ = ["Pages", "chosen_language", "page_language", "static_file"]

_HERE = Path(__file__).resolve().parent
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _read_static() -> dict[str, tuple[bytes, str, str]]:
    found = {}
    for path in sorted((_HERE / "static").iterdir()):
        kind = _TYPES.get(path.suffix)
        if kind is not None:
            data = path.read_bytes()
            found[path.name] = (data, kind, hashlib.sha256(data).hexdigest()[:32])
    return found


_static: dict[str, tuple[bytes, str, str]] = {}


async def static_file(request: web.Request) -> web.StreamResponse:
    """Answer with one of our own files: by name from a list read once, so no path is ever built from a request."""
    if not _static:
        _static.update(_read_static())
    found = _static.get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    data, kind, tag = found
    # Asked again each time, answered in a few bytes: a new release is never mixed with old files.
    headers = {"Cache-Control": "no-cache"}
    if any(known.value == tag for known in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(body=data, content_type=kind, charset="utf-8", headers=headers)
    response.etag = tag
    return response


class Pages:
    """Renders templates."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, language: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a page in one of the interface's languages; ``values`` are escaped."""
        words = texts(language)
        html = self._environment.get_template(name).render(
            t=words,
            language=language,
            direction=direction(language),
            languages=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
            **values,
        )
        return web.Response(text=html, content_type="text/html", charset="utf-8", status=status)


def chosen_language(request: web.Request) -> str | None:
    """Return the interface language that ``?lang=`` asks for, if it is one of ours."""
    return negotiate(request.query.get("lang"), LANGUAGES)


def page_language(request: web.Request, remembered: str | None = None) -> str:
    """Return the interface's language: asked for, remembered by the session, accepted by the browser, or English."""
    if (chosen := chosen_language(request)) is not None:
        return chosen
    if remembered in LANGUAGES:
        return remembered
    wishes = []
    for place, part in enumerate(request.headers.get("Accept-Language", "")[:300].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        found = negotiate(tag, LANGUAGES)
        if found is not None:
            wishes.append((-_quality(quality), place, found))
    return min(wishes)[2] if wishes else SOURCE


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
