"""What a file is, from its first bytes, and which files a browser may show inside the desk.

Senders, providers and file names say anything; only the bytes count. What is not recognised is
``application/octet-stream``, and that is only ever downloaded. Signatures: the WHATWG's MIME Sniffing standard,
sections 6 and 7, and the formats' own specifications (ISO 14496-12 for ``ftyp``, RFC 3533 for Ogg, Matroska for
``1A 45 DF A3``).
"""

from __future__ import annotations

import re

from core.messages import MediaKind

__all__ = ["UNKNOWN", "extension_of", "kind_of", "may_show", "type_of"]

UNKNOWN = "application/octet-stream"

#: Bytes at the beginning, and what they make of it. The first that fits wins.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"MThd", "audio/midi"),
    (b"{\\rtf", "application/rtf"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\xfe\xed\xfa", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"#!", "text/x-script"),
)

#: ``ftyp`` brands of the ISO base media format; what is not here is a film.
_BRANDS: dict[bytes, str] = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
_RIFF: dict[bytes, str] = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
#: Names inside a zip that say what it holds; a document's first entry has one of them.
_ZIPPED: tuple[tuple[bytes, str], ...] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
)
#: What makes a browser take a text for a page (WHATWG, section 7.1), wherever it stands near the beginning.
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|script|iframe|body|svg|\?xml|style|title|table|a\b|p\b|br\b|!--)", re.IGNORECASE
)
_OPUS, _LOOKED_AT = b"OpusHead", 4096

#: Shown inside the desk: pictures, sound and films that browsers decode without running anything, and PDF, whose
#: viewer is the browser's own. Never SVG or HTML.
_SHOWN = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif", "application/pdf"}
    | {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "audio/flac", "audio/webm", "audio/aac"}
    | {"video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/3gpp"}
)

_EXTENSIONS: dict[str, str] = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/bmp": "bmp",
    "image/tiff": "tiff", "image/heic": "heic", "image/heif": "heif", "image/avif": "avif", "image/svg+xml": "svg",
    "application/pdf": "pdf", "application/rtf": "rtf", "application/zip": "zip", "application/gzip": "gz",
    "application/vnd.rar": "rar", "application/x-7z-compressed": "7z", "application/x-ole-storage": "doc",
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/flac": "flac",
    "audio/amr": "amr", "audio/aac": "aac", "video/mp4": "mp4", "video/webm": "webm", "video/ogg": "ogv",
    "video/quicktime": "mov", "video/3gpp": "3gp", "video/x-msvideo": "avi", "text/plain": "txt", "text/html": "html",
    "text/vcard": "vcf", _ZIPPED[0][1]: "docx", _ZIPPED[1][1]: "xlsx", _ZIPPED[2][1]: "pptx", _ZIPPED[3][1]: "odt",
}  # fmt: skip


def type_of(head: bytes) -> str:
    """Return the media type of a file by its first bytes (a few kB are enough); never fails."""
    for signature, mime in _SIGNATURES:
        if head.startswith(signature):
            return mime
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], UNKNOWN)
    if head.startswith(b"OggS"):
        return "audio/ogg" if _OPUS in head[:256] or b"vorbis" in head[:256] else "video/ogg"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:256] else "video/x-matroska"
    if head.startswith(b"PK\x03\x04"):
        return next((mime for part, mime in _ZIPPED if part in head[:_LOOKED_AT]), "application/zip")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return _written(head[:_LOOKED_AT])


def _written(head: bytes) -> str:
    """Return the type of a text, or the unknown one. A text with markup near its beginning is never a plain one."""
    if _MARKUP.search(head):
        return "image/svg+xml" if b"<svg" in head.lower() else "text/html"
    if head[:1024].lstrip(b"\xef\xbb\xbf").upper().startswith(b"BEGIN:VCARD"):
        return "text/vcard"
    if not head or b"\x00" in head or any(byte < 9 or 13 < byte < 27 for byte in head):
        return UNKNOWN
    try:
        # The cut may have gone through a letter.
        head[: max(len(head) - 3, 1)].decode() if len(head) >= _LOOKED_AT else head.decode()
    except UnicodeDecodeError as error:
        return UNKNOWN if error.start < len(head) - 6 else "text/plain"
    return "text/plain"


def may_show(mime: str) -> bool:
    """Return whether a file of this type, decided from its bytes, may be shown inside a page instead of downloaded."""
    return mime in _SHOWN


def extension_of(mime: str) -> str:
    """Return the usual ending of a file name without its dot; ``bin`` for what has none."""
    return _EXTENSIONS.get(mime, "bin")


def kind_of(mime: str) -> MediaKind:
    """Return as what kind of message a file of this type goes out."""
    if mime in {"image/jpeg", "image/png", "image/webp"}:
        return "photo"
    if mime == "image/gif":
        return "animation"
    if mime in {"audio/mpeg", "audio/mp4"}:
        return "audio"
    return "video" if mime == "video/mp4" else "document"
