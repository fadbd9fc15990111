"""Sealing: who can read what is stored.

Three kinds of keys. *Master keys* (newest first) wrap one random data key per conversation and generation with AES key
wrap (RFC 3394); the data key seals everything of that conversation with AES-256-GCM, and destroying it erases the
person in every copy of the data. The *conversations key* turns addresses, event ids and providers' ids into pseudonyms
and never rotates. The *records key* seals the small keyed records. Associated data binds each sealed value to its
conversation, generation and field, so values cannot be swapped.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from core.errors import SettingsError, StoreCorrupt, StoreMismatch
from core.ids import ConversationId
from core.messages import Address

__all__ = ["KEY_BYTES", "Hasher", "KeyRing", "RecordSealer", "Sealer", "key_id"]

#: AES-256 for everything.
KEY_BYTES = 32
_NONCE = 12
_FORMAT = b"\x01"
_CHECK = b"streetwork master key check"


def key_id(key: bytes) -> str:
    """Return the public name of a master key, stored beside what it wrapped: 8 bytes of a hash, tells nothing."""
    return hashlib.blake2b(key, digest_size=8, person=b"sw-key-id").hexdigest()


def _keyed(key: bytes, person: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, key=key, digest_size=16, person=person).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """All keys of one installation. Its repr shows none of them."""

    #: Newest first: the first wraps, all unwrap.
    masters: tuple[bytes, ...] = field(repr=False)
    #: Never rotates; see :func:`core.ids.conversation_id`.
    conversations: bytes = field(repr=False)
    #: Seals the small keyed records and receipts nobody asked for yet.
    records: bytes = field(repr=False)
    #: The file it came from, if any; ``Store.check`` looks at its permissions.
    source: Path | None = None
    #: The file was made just now: the caller prints its path.
    created: bool = False

    def __post_init__(self) -> None:
        """Refuse keys of another length, naming which; raises SettingsError."""
        named = [("master", key) for key in self.masters]
        named += [("conversations", self.conversations), ("records", self.records)]
        if not self.masters:
            raise SettingsError("the key ring has no master key: give at least one key of 32 bytes in base64")
        for name, key in named:
            if len(key) != KEY_BYTES:
                raise SettingsError(f"a {name} key has {len(key)} bytes: give 32 bytes in base64")

    @classmethod
    def generate(cls) -> KeyRing:
        """Return a ring of new random keys."""
        return cls(masters=(os.urandom(KEY_BYTES),), conversations=os.urandom(KEY_BYTES), records=os.urandom(KEY_BYTES))

    @classmethod
    def from_text(cls, masters: str, conversations: str, records: str) -> KeyRing:
        """Return the ring given as base64, as in environment variables; ``masters`` newest first, with commas."""
        parts = [part for part in (one.strip() for one in masters.split(",")) if part]
        return cls(
            masters=tuple(_decoded("master", part) for part in parts),
            conversations=_decoded("conversations", conversations),
            records=_decoded("records", records),
        )

    def with_new_master(self) -> KeyRing:
        """Return this ring with a new master key in front; the older ones still open what they wrapped."""
        return KeyRing(
            masters=(os.urandom(KEY_BYTES), *self.masters),
            conversations=self.conversations,
            records=self.records,
            source=self.source,
        )

    def wrap(self, data_key: bytes) -> tuple[str, bytes]:
        """Return the newest master key's id and ``data_key`` wrapped under it."""
        return key_id(self.masters[0]), aes_key_wrap(self.masters[0], data_key)

    def unwrap(self, kid: str, wrapped: bytes) -> bytes:
        """Return a data key; raises StoreMismatch when no master key of the ring has that id or it does not fit."""
        for master in self.masters:
            if key_id(master) == kid:
                try:
                    return aes_key_unwrap(master, wrapped)
                except (InvalidUnwrap, ValueError):
                    raise StoreMismatch(f"master key {kid} does not open what it is said to have wrapped") from None
        raise StoreMismatch(f"master key {kid} is not in the key ring: add it behind the newest one")

    def checks(self) -> dict[str, bytes]:
        """Return what a store keeps to recognise this ring's never-changing keys, by name."""
        return {
            "conversations": _keyed(self.conversations, b"sw-check", b"conversations"),
            "records": _keyed(self.records, b"sw-check", b"records"),
        }

    def master_check(self, index: int) -> bytes:
        """Return a value sealed under one master key, with which a store recognises it again."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.masters[index]).encrypt(nonce, _CHECK, None)

    def opens(self, kid: str, check: bytes) -> bool:
        """Say whether the ring holds the master key that made ``check``."""
        for master in self.masters:
            if key_id(master) == kid:
                try:
                    return AESGCM(master).decrypt(check[:_NONCE], check[_NONCE:], None) == _CHECK
                except InvalidTag:
                    return False
        return False


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"the {name} key is not base64: give 32 bytes in base64") from None


class Sealer:
    """Seals and opens the values of one conversation in one generation. Remembers its address as a cache."""

    __slots__ = ("_aead", "_prefix", "address", "address_blob")

    def __init__(self, conversation: ConversationId, generation: int, data_key: bytes) -> None:
        self._aead = AESGCM(data_key)
        self._prefix = f"{conversation}/{generation}/".encode()
        #: The last address opened and the blob it was in: the same blob needs no second opening.
        self.address: Address | None = None
        self.address_blob = b""

    def seal(self, label: bytes, data: bytes) -> bytes:
        """Return ``data`` sealed for the field ``label``."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._aead.encrypt(nonce, data, self._prefix + label)

    def open(self, label: bytes, blob: bytes) -> bytes:
        """Return what :meth:`seal` was given; raises StoreCorrupt when it was changed, moved or is of another key."""
        if blob[:1] != _FORMAT:
            raise StoreCorrupt(f"{self._where(label)} has an unknown seal: run the version that wrote it")
        try:
            return self._aead.decrypt(blob[1:13], blob[13:], self._prefix + label)
        except InvalidTag:
            raise StoreCorrupt(f"{self._where(label)} does not open: restore it from a backup or forget it") from None

    def _where(self, label: bytes) -> str:
        return f"conversation {self._prefix.decode()[:-1]}: {label.split(b'/')[0].decode('ascii', 'replace')}"


class RecordSealer:
    """Seals the small keyed records, each bound to its kind and key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, kind: str, key: str, data: bytes) -> bytes:
        """Return ``data`` sealed for this record."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._aead.encrypt(nonce, data, _record_label(kind, key))

    def open(self, kind: str, key: str, blob: bytes) -> bytes:
        """Return what :meth:`seal` was given; raises StoreCorrupt otherwise."""
        try:
            if blob[:1] == _FORMAT:
                return self._aead.decrypt(blob[1:13], blob[13:], _record_label(kind, key))
        except InvalidTag:
            pass
        raise StoreCorrupt(f"a record of kind {kind} does not open: delete it or restore it from a backup")


def _record_label(kind: str, key: str) -> bytes:
    return f"{kind}\x1f{key}".encode("utf-8", "surrogatepass")


class Hasher:
    """Pseudonyms of event ids and providers' ids: the same always, and nobody without the key can test a guess."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def event(self, conversation: ConversationId, event_id: str) -> bytes:
        """Return 16 bytes for an event id of a conversation."""
        data = f"{conversation}\x1f{event_id}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=16, person=b"sw-event").digest()

    def provider(self, channel: str, account: str, provider_id: str) -> bytes:
        """Return 16 bytes for a provider's id of a sent message."""
        data = f"{channel}\x1f{account}\x1f{provider_id}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=16, person=b"sw-provider").digest()

    def address(self, address: bytes) -> str:
        """Return 16 hex digits for a packed address, by which a store sees that it changed."""
        return hashlib.blake2b(address, key=self._key, digest_size=8, person=b"sw-address").hexdigest()
