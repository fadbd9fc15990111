"""Calls a webhook as Twilio does: a form with a signature made by the library, in any order, as often as told."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from tests.fakes.twilio_world import Phone, World

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
SENDER = "whatsapp:+14155238886"


def signed(url: str, form: dict[str, str], token: str = AUTH_TOKEN) -> dict[str, str]:
    """Return the headers of a genuine call."""
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(url.partition("#")[0], form),
    }


class Twilio:
    """The side of Twilio that calls. ``public`` is the address it knows, ``real`` where the server listens."""

    def __init__(self, world: World, *, public: str, real: str, token: str = AUTH_TOKEN) -> None:
        self.world = world
        self.public = public
        self.real = real
        self.token = token
        #: Status of every answer.
        self.answers: list[int] = []
        self.bodies: list[str] = []

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def call(self, form: dict[str, str], *, target: str = "", headers: dict[str, str] | None = None) -> int:
        """Make one call and return the status of the answer."""
        path = target or f"/webhook/whatsapp/{SENDER.removeprefix('whatsapp:+')}"
        body = urlencode(form).encode()
        given = signed(self.public + path, form, self.token) if headers is None else headers
        # A proxy stands between: host and scheme that arrive are not the ones that Twilio called.
        async with self._session.post(self.real + path, data=body, headers=given) as response:
            self.answers.append(response.status)
            self.bodies.append(await response.text())
            return response.status

    def message(self, phone: Phone, **fields: str) -> dict[str, str]:
        """Return the form of something that the person did."""
        sid = fields.pop("MessageSid", None) or self.world.next_sid("SM")
        form = {
            "AccountSid": ACCOUNT_SID,
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "SmsStatus": "received",
            "From": phone.number,
            "To": SENDER,
            "WaId": phone.number.removeprefix("whatsapp:+"),
            "ProfileName": phone.name,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
            "Body": "",
            "MessageType": "text",
        }
        if phone.user_id is not None:
            form["ExternalUserId"] = phone.user_id
        return form | fields

    async def say(self, phone: Phone, text: str) -> int:
        """Let the person write ``text``."""
        return await self.call(self.message(phone, Body=text))

    async def press(self, phone: Phone, label: str) -> int:
        """Let the person press the newest button, or choose the newest item, with this label."""
        for shown in reversed(phone.log):
            for token, text in shown.choices:
                if text == label:
                    of = {"OriginalRepliedMessageSid": shown.sid, "Body": label, "MessageType": "interactive"}
                    content = self.world.contents[shown.content_sid or ""]
                    if "twilio/quick-reply" in content["types"]:
                        pressed = {"ButtonPayload": token, "ButtonText": label}
                    else:
                        pressed = {"ListId": token, "ListTitle": label}
                    return await self.call(self.message(phone, **of, **pressed))
        raise AssertionError(f"no choice {label!r} on the phone")

    async def status(self, sid: str, state: str, to: str, **fields: str) -> int:
        """Tell what became of a message of ours."""
        form = {
            "AccountSid": ACCOUNT_SID,
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": state,
            "MessageStatus": state,
            "From": SENDER,
            "To": to,
            "ChannelToAddress": to.removeprefix("whatsapp:"),
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
        }
        target = f"/webhook/whatsapp/{SENDER.removeprefix('whatsapp:+')}?kind=status"
        return await self.call(form | fields, target=target)


def answer(**fields: Any) -> dict[str, Any]:
    """Return a Message resource as Twilio gives it."""
    return {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": "",
        "date_created": None,
        "date_sent": None,
        "date_updated": None,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": SENDER,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "status": "queued",
        "subresource_uris": {},
        "uri": "",
    } | fields
