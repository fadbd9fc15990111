"""The web address that providers call: ``POST /webhook/{channel}/{account}``.

A call is answered with success only after everything in it is durable. Every other answer is chosen for what the
provider does with it: Telegram repeats whatever is not 2xx and sends nothing else of that chat meanwhile, for up to a
day. So what is genuine but not understood gets 200 and is counted; only a store that is down or overloaded (503, try
again in two seconds) and calls that are not from the provider at all (403, 400, 413) are refused.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aiohttp import web

from bots.base import BadRequest, BadSignature, Received, WebhookChannel
from bots.counting import Metrics, NoMetrics
from bots.intake import Intake
from core.errors import StoreError

__all__ = ["MAX_BODY", "MOST_AT_ONCE", "RETRY_AFTER", "webhook_routes"]

#: Largest body read. Telegram's updates stay below 100 kB; Viber's requests are at most 30 kB.
MAX_BODY = 1024 * 1024
#: Seconds after which the provider may try again when the store cannot take anything. Telegram obeys it.
RETRY_AFTER = 2
#: Calls handled at once; their bodies lie in memory. More are told to come again before anything of them is read.
MOST_AT_ONCE = 200

_log = logging.getLogger(__name__)


async def _read(request: web.Request) -> bytes | None:
    """Return the body, or None when it is longer than :data:`MAX_BODY` (the rest stays unread)."""
    if (request.content_length or 0) > MAX_BODY:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


class _Webhooks:
    """Answers the calls; ``channels`` may change while it runs."""

    def __init__(self, channels: Mapping[tuple[str, str], WebhookChannel], intake: Intake, metrics: Metrics) -> None:
        self._channels = channels
        self._intake = intake
        self._metrics = metrics
        self._under_way = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call, unless too many are being answered already."""
        if self._under_way >= MOST_AT_ONCE:
            return self._later("busy", ("none", "none"))
        self._under_way += 1
        try:
            return await self._handle(request)
        finally:
            self._under_way -= 1

    async def _handle(self, request: web.Request) -> web.Response:
        key = (request.match_info["channel"], request.match_info["account"])
        channel = self._channels.get(key)
        if channel is None:
            # The names come from outside, so they are neither logged nor used as labels.
            return self._refuse(404, "unknown", ("none", "none"))
        body = await _read(request)
        if body is None:
            return self._refuse(413, "too-large", key)
        try:
            received = await channel.receive(request.headers, body, target=request.raw_path)
        except BadSignature:
            return self._refuse(403, "bad-signature", key)
        except BadRequest as exc:
            _log.warning("webhook body of %s is malformed: %s", key[0], exc)
            return self._refuse(400, "malformed", key)
        return await self._keep(key, received)

    async def _keep(self, key: tuple[str, str], received: Received) -> web.Response:
        try:
            await self._intake.accept(*key, received.incoming)
            if received.receipts:
                await self._intake.receipts(received.receipts)
        except StoreError as exc:
            _log.error("webhook of %s not taken: the store says %s", key[0], exc.code)
            return self._later("store-down", key)
        self._metrics.count("webhooks", channel=key[0], account=key[1], result="ok")
        return web.Response(body=received.body, content_type=received.content_type)

    def _later(self, result: str, key: tuple[str, str]) -> web.Response:
        response = self._refuse(503, result, key)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    def _refuse(self, status: int, result: str, key: tuple[str, str]) -> web.Response:
        self._metrics.count("webhooks", channel=key[0], account=key[1], result=result)
        return web.Response(status=status, text=result)


def webhook_routes(
    channels: Mapping[tuple[str, str], WebhookChannel], intake: Intake, metrics: Metrics | None = None
) -> list[web.AbstractRouteDef]:
    """Return the route for the webhooks of ``channels``, which are keyed by (channel, account)."""
    return [web.post("/webhook/{channel}/{account}", _Webhooks(channels, intake, metrics or NoMetrics()).handle)]
