"""Small scripts and short cuts for the tests of running scripts."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from core.redis_url import redis_url
from store.redis_scripts import Scripts

__all__ = ["SOURCES", "opened"]

SOURCES = {
    "add": "#!lua\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])\n",
    "add_durable": "#!lua\n-- durable: yes\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])\n",
    "put_safe": "#!lua\n-- repeat: safe\nreturn redis.call('SET', KEYS[1], ARGV[1])\n",
    "get": "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])\n",
    "corrupt": "#!lua\nreturn redis.error_reply('CORRUPT conversation 1 has no head: forget it')\n",
    "broken": "#!lua\nlocal a = nil\nreturn a.b\n",
    "big": "#!lua\nreturn redis.call('SET', KEYS[1], string.rep('x', tonumber(ARGV[1])))\n",
}


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Scripts]:
    """Open a runner with :data:`SOURCES` and close it at the end."""
    scripts = Scripts(redis_url(url), source=SOURCES.__getitem__)
    try:
        yield scripts
    finally:
        await scripts.close()
