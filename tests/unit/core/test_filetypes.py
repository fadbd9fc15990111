"""What a file is: by its bytes alone, and nothing that a browser could run is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.filetypes import extension_of, kind_of, may_show, type_of


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"),
        (b"\x1aE\xdf\xa3" + b"....webm", "video/webm"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1P\x80", "audio/aac"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"PK\x03\x04" + bytes(20) + b"word/document.xml", type_of(b"PK\x03\x04word/")),
        (b"PK\x03\x04" + bytes(20), "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"MZ\x90\x00", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF", "application/x-elf"),
        (b"#!/bin/sh\n", "text/x-script"),
        (b"<html><body>", "text/html"),
        (b"\n\n  <!doctype HTML>", "text/html"),
        (b"words, then <ScRiPt src=x>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "image/svg+xml"),
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "text/vcard"),
        ("Guten Tag, добрый день, مرحبا\n".encode() * 400, "text/plain"),
        (b"", "application/octet-stream"),
        (b"\x00\x01\x02", "application/octet-stream"),
    ],
)
def test_types(head: bytes, mime: str) -> None:
    assert type_of(head) == mime


@pytest.mark.parametrize(
    "mime",
    ["text/html", "image/svg+xml", "text/plain", "application/octet-stream", "text/x-script", "application/zip",
     "application/vnd.microsoft.portable-executable", "text/vcard", "text/xml"],
)  # fmt: skip
def test_these_are_never_shown(mime: str) -> None:
    assert not may_show(mime)


@given(st.binary(max_size=600), st.sampled_from([b"", b"<script>", b"<svg>", b"<html>"]))
def test_any_bytes_have_a_type_and_markup_is_never_shown_as_text(head: bytes, markup: bytes) -> None:
    mime = type_of(markup + head)
    assert "/" in mime
    assert extension_of(mime)
    assert kind_of(mime)
    if markup:
        assert not may_show(mime)
