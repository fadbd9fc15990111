"""WhatsApp through Twilio: webhooks and sending, one object for each number of ours.

Twilio calls one address both for what people do and for what became of our messages. Nothing is polled. What arrives is
verified in ``twilio_signature`` and parsed in ``whatsapp_parse``; what goes out is rendered in ``whatsapp_render`` and
sent in ``whatsapp_send``; ``twilio_http`` says what of Twilio's own client had to be mended.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping

from bots.base import Received
from bots.counting import Metrics, NoMetrics
from bots.download import Source
from bots.twilio_files import twilio_file
from bots.twilio_http import Answered, MaybeWritten, MendedClient, NotWritten, connect
from bots.twilio_signature import verify
from bots.whatsapp_errors import ERRORS
from bots.whatsapp_parse import parse
from bots.whatsapp_send import PublicFile, Sender, recipient
from bots.whatsapp_settings import WhatsAppAccount, WhatsAppSettings
from bots.whatsapp_templates import Records, Templates
from bots.whatsapp_window import LastHeard, Window
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import ChannelMisconfigured
from core.messages import Address, Hint, Outbound, Typing
from core.ports import Clock
from core.sending import SendResult

__all__ = ["WhatsAppAccount", "WhatsAppChannel", "WhatsAppSettings"]

#: Empty TwiML: nothing to do. Replies go by the API, where they get an id.
_NOTHING = b"<Response/>"

#: People whose last message is remembered at once.
_PEOPLE = 5_000

_log = logging.getLogger(__name__)


class _TypingTo:
    """Body of the call. The library's own class adds empty fields of other channels, which the document forbids."""

    def __init__(self, sid: str) -> None:
        self._sid = sid

    def to_dict(self) -> dict[str, str]:
        """Return what is sent."""
        return {"channel": "WHATSAPP", "messageId": self._sid}


def note_latest(latest: OrderedDict[str, str], who: str, sid: str) -> None:
    """Remember a person's last message."""
    latest[who] = sid
    latest.move_to_end(who)
    if len(latest) > _PEOPLE:
        latest.popitem(last=False)


class WhatsAppChannel:
    """One number at Twilio: a ``core.ports.Channel`` that can also be called (webhook)."""

    name = "whatsapp"
    capabilities: Capabilities = CAPABILITIES["whatsapp"]

    def __init__(
        self,
        account: WhatsAppAccount,
        clock: Clock,
        *,
        api_url: str | None = None,
        records: Records | None = None,
        last_heard: LastHeard | None = None,
        public_file: PublicFile | None = None,
        metrics: Metrics | None = None,
        read_timeout: float = 10.0,
    ) -> None:
        """Prepare; nothing is opened yet.

        ``records`` keeps what would otherwise be forgotten at each start, ``last_heard`` knows when a person wrote
        last, and ``public_file`` gives files of ours an address at which Twilio can fetch them.
        """
        self._account = account
        self._clock = clock
        self._api_url = api_url
        self._metrics = metrics or NoMetrics()
        self._http = MendedClient(read_timeout=read_timeout)
        self.client = connect(account.account_sid, account.auth_token, api_url, self._http)
        self._window = Window(clock, last_heard, records, account.auth_token)
        templates = Templates(self.client, account.account_sid, clock, records)
        #: The sid of each person's last message: a sign of typing belongs to one.
        self._latest: OrderedDict[str, str] = OrderedDict()
        self._sender = Sender(self.client, account, clock, templates, self._window, public_file)

    @property
    def account(self) -> str:
        """The number's digits, or the sid of the Messaging Service."""
        return self._account.account

    @property
    def settings(self) -> WhatsAppAccount:
        """What the operator set for this number."""
        return self._account

    async def start(self) -> None:
        """Check the credentials; raises ``ChannelMisconfigured``. An unreachable Twilio is only logged."""
        try:
            await self.client.api.v2010.accounts(self._account.account_sid).fetch_async()
        except Answered as error:
            known = ERRORS.get(error.code or 0)
            if error.code is not None and (error.status in {401, 404} or (known is not None and known.act == "down")):
                raise ChannelMisconfigured(
                    "Twilio refuses the account: look at TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
                ) from None
            _log.warning("Twilio cannot be asked now (%s); sends keep trying", type(error).__name__)
        except (NotWritten, MaybeWritten) as error:
            _log.warning("Twilio cannot be reached now (%s); sends keep trying", type(error).__name__)

    async def stop(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Hand one message to Twilio. See ``whatsapp_send``."""
        return await self._sender.send(address, message, entry_id)

    async def locate(self, ref: str) -> Source:
        """Return where the file of a message is: at the API with our credentials, and then wherever that leads to."""
        account = self._account
        return twilio_file(ref, account.account_sid, account.auth_token, self._api_url)

    async def hint(self, address: Address, hint: Hint) -> None:
        """Show typing for up to 25 seconds (Twilio's public beta; it marks the person's last message as read)."""
        latest = self._latest.get(recipient(address))
        if isinstance(hint, Typing) and latest is not None:
            await self.client.messaging.v3.typing_indicator.create_async(_TypingTo(latest))

    async def receive(self, headers: Mapping[str, str], body: bytes, *, target: str = "") -> Received:
        """Verify and parse one call; ``target`` is the raw path with its query, as it was signed."""
        account = self._account
        form = verify(
            headers, account.public_url + target, body, auth_token=account.auth_token, shared_key=account.shared_key
        )
        parsed = parse(form, self.account, self._clock.now())
        self._metrics.count("whatsapp_calls", kind=parsed.kind)
        if parsed.incoming and account.sender is not None and parsed.to != account.sender:
            _log.warning(
                "A message to another number arrived at the webhook of %s: each number has its own", account.account
            )
        for one in parsed.incoming:
            self._window.heard(one.thread or one.peer)
            if one.message.message_id is not None:
                note_latest(self._latest, one.thread or one.peer, one.message.message_id)
        if parsed.closed is not None:
            self._window.close(parsed.closed)
        return Received(incoming=parsed.incoming, receipts=parsed.receipts, body=_NOTHING, content_type="text/xml")
