"""Whether a webhook call is from Twilio: its signature over the address that Twilio called and the fields it sent.

The address is made of ``PUBLIC_URL`` and the raw path as it arrived, never of headers: whoever can set
``X-Forwarded-Host`` must not choose what the signature is held against. The comparison itself is the library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from multidict import MultiDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from bots.base import BadRequest, BadSignature

__all__ = ["Form", "read_form", "verify"]

#: What a form holds; a name may be there several times.
Form = MultiDict[str]

#: Twilio sends about 30 fields, and some more for each file.
_MOST_FIELDS = 1000


def read_form(body: bytes) -> Form:
    """Return the fields of a form, blank ones included; raises ``BadRequest``."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="utf-8")
    except ValueError:
        raise BadRequest("not a form") from None
    return MultiDict(pairs)


def verify(
    headers: Mapping[str, str], url: str, body: bytes, *, auth_token: str, shared_key: str | None = None
) -> Form:
    """Return the fields of a genuine call; raises ``BadSignature`` or ``BadRequest``.

    ``url`` is the address as Twilio knows it. A call that names a shared key is checked with that key's secret; a body
    that is no form is covered by its hash in the address, and holds no fields.
    """
    signed_by_key = "key=" in headers.get(SIGNATURE_SETTINGS_HEADER, "")
    secret = shared_key if signed_by_key else auth_token
    if secret is None:
        raise BadSignature("The call is signed with a shared key that is not set")
    is_form = headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json"
    try:
        params: Form | str = read_form(body) if is_form else body.decode("utf-8")
        # Without the hash the library would take the text for a mapping.
        if isinstance(params, str) and "bodySHA256=" not in urlsplit(url).query:
            raise BadSignature("The body is not signed")
        algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER, ""))
        genuine = RequestValidator(secret).validate(url, params, headers.get(SIGNATURE_HEADER, ""), algorithm)
    except (ValueError, UnicodeError):
        raise BadSignature("The call cannot have been signed") from None
    if not genuine:
        raise BadSignature("The signature is wrong")
    return params if isinstance(params, MultiDict) else MultiDict()
