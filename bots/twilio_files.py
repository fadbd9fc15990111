"""Where a file at Twilio is: ``MediaUrl`` names the API, which wants our credentials and leads on to its storage."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlsplit

from bots.download import Source

__all__ = ["twilio_file"]

#: The API in all regions and edges; only these are given our credentials.
_API = re.compile(r"api(?:\.[a-z0-9-]+){0,2}\.twilio\.com")
#: Where the API's redirects lead: Twilio's own content network, in front of a bucket that it also names directly.
_HOSTS = (".twilio.com", ".twiliocdn.com", "s3-external-1.amazonaws.com")


def twilio_file(url: str, account_sid: str, auth_token: str, api_url: str | None) -> Source:
    """Return where the file ``url`` of a webhook is; ``api_url`` is the address that the operator set, if any."""
    own = None
    if api_url is not None:
        parts = urlsplit(api_url)
        own = f"{parts.scheme}://{parts.netloc}"
    headers = {}
    if _is_api(url, own):
        pair = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"}
    return Source(url=url, hosts=_HOSTS, headers=headers, own=own)


def _is_api(url: str, own: str | None) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if own is not None and f"{parts.scheme}://{parts.netloc}" == own:
        return True
    return parts.scheme == "https" and parts.netloc == host and _API.fullmatch(host) is not None
