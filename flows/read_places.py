"""Reading addresses out of what a person typed: mail address, phone number, German postcode, point on the map."""

from __future__ import annotations

import re

import phonenumbers

from i18n.bidi import strip_controls
from i18n.plain import digits

__all__ = ["phone_shown", "read_email", "read_phone", "read_point", "read_postcode"]

#: RFC 5321: 64 for the part before the @, 254 for all of it.
_LONGEST_EMAIL, _LONGEST_LOCAL, _LONGEST_LABEL = 254, 64, 63
_LONGEST = 300
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_AROUND_EMAIL = "<>()[]{},;:!?\"'\u00ab\u00bb\u201c\u201d\u201e\u060c\u061b"
_POSTCODE = re.compile(r"(?<!\d)(?:D(?:E)?[ \-]{0,2})?(\d{5})(?!\d)", re.IGNORECASE)
_DECIMAL = r"(-?\d{1,3}\.\d{1,20})"
#: Two decimal numbers, with points ("52.52, 13.4") or with commas ("52,52 13,4"), and letters of the compass.
_POINTS = (
    re.compile(rf"\s*{_DECIMAL}\s*\u00b0?\s*([NS])?\s*[,;\s]\s*{_DECIMAL}\s*\u00b0?\s*([EWO])?\s*", re.IGNORECASE),
    re.compile(
        r"\s*(-?\d{1,3},\d{1,20})\s*\u00b0?\s*([NS])?\s*[;\s]\s*(-?\d{1,3},\d{1,20})\s*\u00b0?\s*([EWO])?\s*",
        re.IGNORECASE,
    ),
)
#: Where map links carry their point; the flag says that longitude comes first (Yandex, 2GIS).
_LINKS = (
    (re.compile(rf"!3d{_DECIMAL}!4d{_DECIMAL}"), False),
    (re.compile(rf"@{_DECIMAL},{_DECIMAL}"), False),
    (
        re.compile(rf"yandex\.[a-z.]{{2,8}}/\S{{0,200}}?[?&](?:ll|pt)={_DECIMAL}(?:,|%2C){_DECIMAL}", re.IGNORECASE),
        True,
    ),
    (re.compile(rf"2gis\.[a-z.]{{2,8}}/\S{{0,200}}?[/=]{_DECIMAL}(?:,|%2C){_DECIMAL}", re.IGNORECASE), True),
    (
        re.compile(
            rf"[?&](?:q|query|ll|sll|center|destination|daddr|coordinate|loc)=(?:loc:)?{_DECIMAL}(?:,|%2C)\s?\+?{_DECIMAL}",
            re.IGNORECASE,
        ),
        False,
    ),
    (re.compile(rf"mlat={_DECIMAL}&(?:amp;)?mlon={_DECIMAL}"), False),
    (re.compile(rf"#map=\d{{1,2}}/{_DECIMAL}/{_DECIMAL}"), False),
    (re.compile(rf"geo:{_DECIMAL},{_DECIMAL}"), False),
)


def read_email(text: str) -> str | None:
    """Return the one mail address in ``text`` with its domain in lower case, or None.

    Names with letters of other scripts are fine on both sides of the @ (RFC 6531); quoted names, comments and bare
    hosts are not, nobody has them.
    """
    if len(text) > 2 * _LONGEST:
        return None
    plain = strip_controls(text).replace("\uff20", "@").replace("mailto:", " ")
    tokens = [token.rstrip(_AROUND_EMAIL + ".").lstrip(_AROUND_EMAIL) for token in plain.split() if "@" in token]
    if len(tokens) != 1 or tokens[0].count("@") != 1:
        return None
    local, _, domain = tokens[0].partition("@")
    if _LOCAL.fullmatch(local) is None or local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    domain = domain.lower().replace("\u3002", ".")
    labels = domain.split(".")
    if len(labels) < 2 or any(_LABEL.fullmatch(label) is None or "_" in label for label in labels):
        return None
    if len(labels[-1]) < 2 or labels[-1].isdigit() or not _fits_dns(domain):
        return None
    address = f"{local}@{domain}"
    return address if len(address.encode("utf-8", "replace")) <= _LONGEST_EMAIL else None


def _fits_dns(domain: str) -> bool:
    """Return whether the domain has an ASCII form of legal length."""
    if domain.isascii():
        return True
    try:
        return len(domain.encode("idna")) <= 253
    except UnicodeError:
        return False


def read_phone(text: str, region: str) -> str | None:
    """Return the phone number in ``text`` as E.164, or None when it is no number that can exist.

    A number without a country code belongs to ``region`` (ISO 3166), "00" counts as +.
    """
    if len(text) > _LONGEST:
        return None
    plain = digits(strip_controls(text)).replace("\uff0b", "+")
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_shown(number: str) -> str:
    """Return an E.164 number with the gaps people read it by."""
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def read_postcode(text: str) -> str | None:
    """Return the one German postcode in ``text`` ("D-01067 Dresden" too), or None; 01001 to 99998 can exist."""
    if len(text) > _LONGEST:
        return None
    found = set(_POSTCODE.findall(digits(strip_controls(text))))
    code = found.pop() if len(found) == 1 else "00000"
    return code if 1001 <= int(code) <= 99998 else None


def read_point(text: str) -> tuple[float, float] | None:
    """Return (latitude, longitude) of coordinates or of a map link that carries them; None for anything else.

    Short links carry nothing and are not followed.
    """
    if len(text) > 4 * _LONGEST:
        return None
    plain = digits(strip_controls(text)).replace("\u060c", ",").replace("\u066b", ".")
    for pattern, turned in _LINKS:
        match = pattern.search(plain)
        if match:
            pair = (match[2], match[1]) if turned else (match[1], match[2])
            return _on_earth(*map(float, pair))
    for pattern in _POINTS:
        match = pattern.fullmatch(plain)
        if match:
            north, east = (float(match[n].replace(",", ".")) for n in (1, 3))
            south = (match[2] or "").upper() == "S"
            west = (match[4] or "").upper() == "W"
            return _on_earth(-north if south else north, -east if west else east)
    return None


def _on_earth(latitude: float, longitude: float) -> tuple[float, float] | None:
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
