"""The key file of an installation: made with mode 0600 on the first start, read on every other.

Plain lines ``name = base64``. A new ``master`` line above the others rotates; ``conversations`` and ``records`` never
change. Whoever loses this file loses every conversation.
"""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path

from core.errors import SettingsError
from store.seal import KeyRing

__all__ = ["load_or_create_key_file", "readable_by_others", "sync_directory"]

_HEAD = """\
# The keys of this Streetwork. Keep a copy apart from the backups of the store: without this file nothing stored
# can be read again, and with it everything can. To rotate, add a new `master` line above the others.
"""


def load_or_create_key_file(path: Path) -> KeyRing:
    """Return the ring of the file at ``path``, making the file when there is none (then ``created`` is set).

    Raises SettingsError for a file that is not a key file, naming the line.
    """
    if path.exists():
        return _loaded(path)
    ring = KeyRing.generate()
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"the key file {path} cannot be made: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_HEAD + _lines(ring))
            file.flush()
            # Data sealed with a key that a power cut takes away would be lost: the file first, then its name.
            os.fsync(file.fileno())
        # A link, not a rename: of two processes that start together exactly one makes the file, and it is whole.
        os.link(draft, path)
    except FileExistsError:
        return _loaded(path)
    finally:
        draft.unlink()
    sync_directory(path.parent)
    return replace(ring, source=path, created=True)


def readable_by_others(path: Path) -> bool:
    """Say whether anybody but the owner may read or write ``path``."""
    return bool(path.stat().st_mode & 0o077)


def sync_directory(path: Path) -> None:
    """Make new names in a directory survive a power cut, where the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # Windows opens no directories
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(ring: KeyRing) -> str:
    named = [("master", key) for key in ring.masters]
    named += [("conversations", ring.conversations), ("records", ring.records)]
    return "".join(f"{name} = {base64.b64encode(key).decode('ascii')}\n" for name, key in named)


def _loaded(path: Path) -> KeyRing:
    found: dict[str, list[str]] = {"master": [], "conversations": [], "records": []}
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the key file {path} cannot be read ({type(error).__name__})") from None
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or name.strip() not in found:
            raise SettingsError(f"{path}:{number}: expected `master = ...`, `conversations = ...` or `records = ...`")
        found[name.strip()].append(value.strip())
    for name in ("conversations", "records"):
        if len(found[name]) != 1:
            raise SettingsError(f"the key file {path} must have exactly one `{name}` line")
    ring = KeyRing.from_text(",".join(found["master"]), found["conversations"][0], found["records"][0])
    return replace(ring, source=path)
