"""Passwords of the staff: made, judged and hashed. Argon2id at 19 MiB, one at a time, never on the event loop."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Refused

__all__ = ["LONGEST", "SHORTEST", "Passwords", "demand_strength", "generate"]

#: Fewest and most characters of a password (NIST SP 800-63B: length, not character classes).
SHORTEST = 12
LONGEST = 256

#: No letter or digit that is taken for another one when read aloud or copied from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

#: Parameters of OWASP's second recommendation: 19 MiB, two passes, one lane; small enough for a small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

#: Hash of a random string that nobody kept: an unknown login costs the same work as a known one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$K+5CnRuP19LYnmEhvzybPQ$3LvSi10yBjwWUbqvAnFTxmUMHDQZww/8KUTPmFtOEgk"


def generate() -> str:
    """Return a new password of 20 letters and digits in four groups: 99 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def demand_strength(password: str, login: str) -> None:
    """Raise :class:`core.errors.Refused` (``weak_password``) for a password that is too short or contains the login."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise Refused("weak_password", shortest=str(SHORTEST), longest=str(LONGEST))
    if login.casefold() in plain.casefold() or len(set(plain)) < 5:
        raise Refused("weak_password", why="guessable")


class Passwords:
    """Hashes and checks, one at a time: a burst of sign-ins costs 19 MiB, not 19 MiB each."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of ``password``, parameters and salt included."""
        async with self._one:
            return await asyncio.to_thread(_hasher.hash, _normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether ``password`` is the one; with None it does the same work and says no."""
        async with self._one:
            matches = await asyncio.to_thread(_verify, stored or _NOBODY, _normal(password[: LONGEST * 4]))
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether the hash was made with other parameters than today's."""
        return _hasher.check_needs_rehash(stored)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # The same keys give other code points on other keyboards (é as one or two); the person means the same.
    return unicodedata.normalize("NFKC", password)
