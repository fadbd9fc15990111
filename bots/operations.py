"""The fixed pages for those who run it: ``/health/live``, ``/health/ready`` and ``/metrics``."""

from __future__ import annotations

from aiohttp import web

from bots.health import Answer, Health
from bots.metrics import CONTENT_TYPE, Metrics, allowed
from core.ports import Clock, Store

__all__ = ["operations_routes"]

_NOT_KEPT = {"Cache-Control": "no-store"}


def operations_routes(
    *, health: Health, metrics: Metrics, store: Store, clock: Clock, metrics_token: str | None = None
) -> list[web.RouteDef]:
    """Return the routes; ``metrics_token`` is the bearer token that ``/metrics`` asks for, if any."""

    async def live(_: web.Request) -> web.Response:
        return _json(health.live())

    async def ready(_: web.Request) -> web.Response:
        return _json(await health.ready())

    async def numbers(request: web.Request) -> web.Response:
        if not allowed(request.headers.get("Authorization"), metrics_token):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer", **_NOT_KEPT})
        page = await metrics.page(store, clock.now())
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE, **_NOT_KEPT})

    return [
        web.get("/health/live", live, name="health-live"),
        web.get("/health/ready", ready, name="health-ready"),
        web.get("/metrics", numbers, name="metrics"),
    ]


def _json(answer: Answer) -> web.Response:
    return web.json_response(answer.body, status=answer.status, headers=_NOT_KEPT)
