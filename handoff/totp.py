"""One-time codes of an authenticator app: RFC 6238 (TOTP) over RFC 4226 (HOTP), six digits, SHA-1, steps of 30 seconds.

SHA-1 and six digits are what every app understands; the strength is in the 160-bit secret and in the pauses after wrong
codes. Everything here is pure but :func:`new_secret` and :func:`new_recovery_codes`, which draw randomness.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

from core.ids import Millis

__all__ = [
    "DIGITS",
    "STEP",
    "code_at",
    "matching_step",
    "new_recovery_codes",
    "new_secret",
    "normal_code",
    "otpauth",
    "recovery_hash",
]

#: Milliseconds for which one code holds.
STEP: Millis = 30_000
DIGITS = 6
#: Steps that the clock of a phone may be off, either way (RFC 6238 section 5.2 recommends one).
_DRIFT = 1
_RECOVERY_CODES = 8
#: 10 letters out of 31: 49 bits, so a plain hash is enough.
_RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """Return a new secret of 160 bits in base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step (RFC 4226 section 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def matching_step(secret: str, code: str, now: Millis, last: int) -> int | None:
    """Return the step that the code belongs to, if it holds now and comes after ``last``, the step used before.

    A code that was used, or an older one, never holds again (RFC 6238 section 5.2).
    """
    given, present, found = normal_code(code), now // STEP, None
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        # All steps are compared, each in constant time.
        if step >= 0 and hmac.compare_digest(code_at(secret, step).encode(), given.encode()) and step > last:
            found = step
    return found


def normal_code(code: str) -> str:
    """Return a code as it is compared: without spaces and dashes, small letters, digits of every script as 0 to 9."""
    kept = (one for one in code[:64] if not one.isspace() and one != "-")
    return "".join(str(int(one)) if one.isdecimal() else one.casefold() for one in kept)


def otpauth(secret: str, login: str, issuer: str) -> str:
    """Return the address that an app reads from the QR code (Google's key URI format)."""
    label = f"{quote(issuer, safe='')}:{quote(login, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"


def new_recovery_codes() -> tuple[str, ...]:
    """Return codes that open the door once each when the phone is lost."""

    def half() -> str:
        return "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(5))

    return tuple(f"{half()}-{half()}" for _ in range(_RECOVERY_CODES))


def recovery_hash(account: str, code: str) -> str:
    """Return what is kept of a recovery code; the same code of two accounts is kept differently."""
    return hashlib.sha256(f"recovery\x1f{account}\x1f{normal_code(code)}".encode("utf-8", "replace")).hexdigest()
