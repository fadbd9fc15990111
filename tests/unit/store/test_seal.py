"""Sealing and the key file."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from core.errors import SettingsError, StoreCorrupt, StoreMismatch
from core.ids import ConversationId
from store.keyfile import load_or_create_key_file, readable_by_others
from store.seal import Hasher, KeyRing, RecordSealer, Sealer

ONE = ConversationId("a" * 32)
TWO = ConversationId("b" * 32)
KEY = bytes(range(32))


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    sealer = Sealer(ONE, 1, KEY)
    blob = sealer.seal(b"state", b"secret words")
    assert b"secret" not in blob
    assert sealer.open(b"state", blob) == b"secret words"
    assert sealer.seal(b"state", b"secret words") != blob


@pytest.mark.parametrize(
    "other",
    [Sealer(TWO, 1, KEY), Sealer(ONE, 2, KEY), Sealer(ONE, 1, KEY[::-1])],
    ids=["conversation", "generation", "key"],
)
def test_a_value_opens_only_where_it_belongs(other: Sealer) -> None:
    blob = Sealer(ONE, 1, KEY).seal(b"state", b"x")
    with pytest.raises(StoreCorrupt, match="state does not open"):
        other.open(b"state", blob)


def test_a_value_opens_only_in_its_field_and_unchanged() -> None:
    sealer = Sealer(ONE, 1, KEY)
    blob = sealer.seal(b"entry/1", b"x")
    for label, broken in ((b"entry/2", blob), (b"entry/1", blob[:-1] + b"?"), (b"entry/1", b"\x07" + blob[1:])):
        with pytest.raises(StoreCorrupt, match=f"conversation {ONE}"):
            sealer.open(label, broken)


def test_records_are_bound_to_their_key() -> None:
    sealer = RecordSealer(KEY)
    blob = sealer.seal("account", "a", b"x")
    assert sealer.open("account", "a", blob) == b"x"
    for kind, key in (("account", "b"), ("session", "a")):
        with pytest.raises(StoreCorrupt, match=kind):
            sealer.open(kind, key, blob)


def test_data_keys_are_wrapped_by_the_newest_and_opened_by_all() -> None:
    old = KeyRing.generate()
    new = old.with_new_master()
    kid, wrapped = old.wrap(KEY)
    assert new.unwrap(kid, wrapped) == KEY
    kid, wrapped = new.wrap(KEY)
    with pytest.raises(StoreMismatch, match=kid):
        old.unwrap(kid, wrapped)
    with pytest.raises(StoreMismatch, match="does not open"):
        new.unwrap(kid, wrapped[:-1] + b"?")


def test_a_ring_from_text() -> None:
    first, second, third, fourth = (base64.b64encode(os.urandom(32)).decode() for _ in range(4))
    ring = KeyRing.from_text(f"{first}, {second}", third, fourth)
    assert [base64.b64encode(key).decode() for key in ring.masters] == [first, second]
    assert first not in repr(ring)


@pytest.mark.parametrize(
    ("masters", "complaint"),
    [("", "no master key"), ("AAAA", "3 bytes"), ("not base64!", "not base64")],
)
def test_a_malformed_ring_is_refused(masters: str, complaint: str) -> None:
    good = base64.b64encode(KEY).decode()
    with pytest.raises(SettingsError, match=complaint):
        KeyRing.from_text(masters, good, good)


def test_hashes_are_keyed_and_apart() -> None:
    hasher = Hasher(KEY)
    assert hasher.event(ONE, "e") == Hasher(KEY).event(ONE, "e")
    assert len({hasher.event(ONE, "e"), hasher.event(TWO, "e"), hasher.event(ONE, "f"),
                hasher.provider(ONE, "", "e"), Hasher(KEY[::-1]).event(ONE, "e")}) == 5  # fmt: skip


def test_the_key_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    made = load_or_create_key_file(path)
    assert made.created
    assert path.stat().st_mode & 0o777 == 0o600
    assert not readable_by_others(path)
    read = load_or_create_key_file(path)
    assert not read.created
    assert (read.masters, read.conversations, read.records) == (made.masters, made.conversations, made.records)
    assert read.source == path
    assert [one.name for one in tmp_path.iterdir()] == ["keys.txt"]


def test_a_new_line_rotates(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    made = load_or_create_key_file(path)
    newest = os.urandom(32)
    path.write_text(f"master = {base64.b64encode(newest).decode()}\n" + path.read_text())
    assert load_or_create_key_file(path).masters == (newest, *made.masters)


@pytest.mark.parametrize("text", ["", "master = AAAA\n", "what is this\n", "\xff"])
def test_a_broken_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(SettingsError, match=r"keys\.txt|bytes"):
        load_or_create_key_file(path)
    assert path.read_text(encoding="latin-1") == text


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be made"):
        load_or_create_key_file(tmp_path / "missing" / "keys.txt")
