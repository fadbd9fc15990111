"""The desk's border in HTTP: cookies, same-origin checks, CSRF tokens and who is asking.

On https (or with an https ``PUBLIC_URL``, where a proxy ends TLS) the cookie is ``__Host-desk``: Secure, HttpOnly,
SameSite=Strict, bound to this host. On plain http the desk only works on a loopback host, with the cookie ``desk``
that has the same flags but Secure. Anything else is turned away: a session over plain http could be read on its way.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from core.ids import Millis
from core.ports import Clock, Store
from handoff.pauses import DEVICE
from handoff.sessions import SignedIn, find_session, session_key
from handoff.signin import Caller

__all__ = ["Border", "browser_of"]

CSRF_HEADER = "X-CSRF-Token"


class Border:
    """Knows which requests may be believed. Holds no state but the store."""

    def __init__(self, store: Store, clock: Clock, public_url: str | None) -> None:
        self._store = store
        self._clock = clock
        self._public = _origin(public_url) if public_url else None

    # -- where the request comes from ----------------------------------------------------------------------

    def secure(self, request: web.Request) -> bool:
        """Return whether the browser speaks https, to us or to a proxy in front of us."""
        return request.secure or (self._public is not None and self._public.startswith("https://"))

    def usable(self, request: web.Request) -> bool:
        """Return whether a session may live here: over https, or on this very machine."""
        return self.secure(request) or _loopback(request.host)

    def same_origin(self, request: web.Request) -> bool:
        """Return whether the request was made by our own page: by ``Origin``, and ``Sec-Fetch-Site`` where sent."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            return False
        origin = request.headers.get("Origin")
        if origin is None or origin == "null":
            # Browsers say "null" where the referrer policy hides the page; then only the fetch metadata counts.
            return site == "same-origin"
        return origin in self._origins(request)

    def _origins(self, request: web.Request) -> frozenset[str]:
        allowed = {self._public} if self._public else set()
        # Without PUBLIC_URL only hosts that nobody else can point at us: this defeats DNS rebinding.
        if _loopback(request.host):
            allowed.add(f"{request.scheme}://{request.host}")
        elif self._public is None and request.secure:
            allowed.add(f"https://{request.host}")
        return frozenset(allowed)

    def remote(self, request: web.Request) -> str:
        """Return the client's address; behind a proxy on this machine or network, the one that the proxy saw."""
        peer = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For")
        if forwarded and self._public is not None and _inside(peer):
            return forwarded.rsplit(",", 1)[-1].strip()
        return peer

    # -- who is asking -------------------------------------------------------------------------------------

    async def who(self, request: web.Request, *, touch: bool = True) -> SignedIn | None:
        """Return the signed-in member of the staff behind a request, or None."""
        token = request.cookies.get(self._cookie(request))
        if not token or len(token) > 128 or not self.usable(request):
            return None
        return await self.by_key(session_key(token), touch=touch)

    async def halfway(self, request: web.Request) -> SignedIn | None:
        """Return the session behind a request that has the password and still owes a code, or None."""
        token = request.cookies.get(self._cookie(request))
        if not token or len(token) > 128 or not self.usable(request):
            return None
        signed = await find_session(self._store, session_key(token), self.now(), touch=False)
        return signed if signed is not None and signed.session.stage != "in" else None

    async def by_key(self, key: str, *, touch: bool = False) -> SignedIn | None:
        """Return the session with this key if it lives and is all the way in."""
        signed = await find_session(self._store, key, self.now(), touch=touch)
        return signed if signed is not None and signed.session.stage == "in" else None

    def caller(self, request: web.Request, language: str | None = None) -> Caller:
        """Return who stands at the door, as far as a request tells."""
        return Caller(
            remote=self.remote(request),
            device=request.cookies.get(self._cookie(request, "-device"), ""),
            browser=browser_of(request.headers.get("User-Agent", "")),
            language=language,
        )

    def now(self) -> Millis:
        """Return the clock's time."""
        return self._clock.now()

    def believed(self, request: web.Request, signed: SignedIn) -> bool:
        """Return whether a request that changes something comes from our page in this session."""
        token = request.headers.get(CSRF_HEADER, "")
        return self.form_of(request, signed, token)

    def form_of(self, request: web.Request, signed: SignedIn, token: str) -> bool:
        """Return whether a form with this token comes from a page of ours in this session."""
        matches = hmac.compare_digest(token.encode("utf-8", "replace"), signed.session.csrf.encode())
        return matches and self.same_origin(request)

    # -- cookies -------------------------------------------------------------------------------------------

    def _cookie(self, request: web.Request, suffix: str = "") -> str:
        return ("__Host-desk" if self.secure(request) else "desk") + suffix

    def welcome(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        """Hand the browser its session and take the sign-in form's token away."""
        self._set(request, response, self._cookie(request), token)
        self._drop(request, response, self._cookie(request, "-form"))

    def remember(self, request: web.Request, response: web.StreamResponse, device: str) -> None:
        """Let the browser be known again; this opens nothing, it only spares it the pauses that others earned."""
        self._set(request, response, self._cookie(request, "-device"), device, keep=DEVICE // 1000)

    def farewell(self, request: web.Request, response: web.StreamResponse) -> None:
        """Take the session's cookie away."""
        self._drop(request, response, self._cookie(request))

    def form_token(self, request: web.Request, response: web.StreamResponse | None = None) -> str:
        """Return the sign-in form's token; with a response, make one and set its cookie where there is none."""
        secret = request.cookies.get(self._cookie(request, "-form"), "")
        # A second tab keeps the token of the first, or the first one's form would have grown too old.
        if response is not None and not secret:
            secret = secrets.token_urlsafe(32)
            self._set(request, response, self._cookie(request, "-form"), secret)
        return hashlib.sha256(b"form\x1f" + secret.encode("utf-8", "replace")).hexdigest()

    def form_believed(self, request: web.Request, token: str) -> bool:
        """Return whether the sign-in form was one that we gave to this browser."""
        if not request.cookies.get(self._cookie(request, "-form")):
            return False
        expected = self.form_token(request)
        return hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()) and self.same_origin(request)

    def _set(
        self, request: web.Request, response: web.StreamResponse, name: str, value: str, keep: int | None = None
    ) -> None:
        response.set_cookie(
            name, value, path="/", secure=self.secure(request), httponly=True, samesite="Strict", max_age=keep
        )

    def _drop(self, request: web.Request, response: web.StreamResponse, name: str) -> None:
        # A __Host- cookie is only replaced by one with the same flags.
        response.del_cookie(name, path="/", secure=self.secure(request), httponly=True, samesite="Strict")


#: In this order: browsers name those they descend from, too.
_BROWSERS = ("Firefox", "Edg", "OPR", "SamsungBrowser", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "CrOS", "Linux")
_SHOWN = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "CrOS": "ChromeOS", "Mac OS": "macOS"}


def browser_of(agent: str) -> str:
    """Return browser and system in words of ours (``Firefox, Windows``); nothing else of the header is kept."""
    found = [next((name for name in names if name in agent[:400]), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(_SHOWN.get(name, name) for name in found if name)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _inside(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_private
