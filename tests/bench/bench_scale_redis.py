"""What a turn costs on Redis when the store holds 1,000 and when it holds 1,000,000 conversations, and what they weigh.

As ``bench_scale`` does it for SQLite: two servers side by side take turns at the same work; the people who write are
real ones, and what lies between them are copies of one of them, made inside the server (head, mailbox, transcript,
deliveries, wrapped key, and their places in every index), because a million first turns would take half an hour.
Both servers sync their append-only file with every write while it is measured; only the filling goes without.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from core.ports import Store
from core.redis_url import redis_url
from store.redis import RedisStore
from store.redis_keys import Keys
from store.redis_scripts import Scripts
from store.seal import KeyRing
from tests.bench.bench_scale import LARGE, PEOPLE, compare, make, tell
from tests.bench.report import Report, cores, machine, pin, quick, run_async
from tests.bench.rig import Rig
from tests.bench.walk import TYPED, bot, script_of
from tests.fakes.valkey import Valkey

#: Copies made by one run of the script; more would keep the server from answering for too long.
BATCH = 500
NAMESPACE = "scale"

#: Copies ARGV[3] times the conversation ARGV[2] of the partition ARGV[1]; ARGV[4] begins the new ids.
COPY = """
local p, model, begin = ARGV[1], ARGV[2], ARGV[4]
local old = p .. 'c:' .. model
local suffixes, pids = {}, {}
for _, suffix in ipairs({'', ':mail', ':log', ':row', ':calls', ':outs', ':dead'}) do
  if redis.call('EXISTS', old .. suffix) == 1 then suffixes[#suffixes + 1] = suffix end
end
local rows = redis.call('HLEN', old .. ':row')
local wrapped = redis.call('HGET', p .. 'keys', model)
local expires = redis.call('ZSCORE', p .. 'exp', model)
for i = 1, tonumber(ARGV[3]) do
  local id = string.format('%s%08x', begin, i)
  local new = p .. 'c:' .. id
  for _, suffix in ipairs(suffixes) do redis.call('COPY', old .. suffix, new .. suffix) end
  redis.call('HSET', p .. 'keys', id, wrapped)
  redis.call('ZADD', p .. 'chg', redis.call('HINCRBY', p .. 'meta', 'change', 1), id)
  if expires then redis.call('ZADD', p .. 'exp', expires, id) end
  redis.call('ZADD', p .. 'seen', 1750000000000, string.sub(redis.sha1hex(id), 1, 16))
  for n = 1, rows do
    redis.call('SET', p .. 'pid:' .. redis.sha1hex(id .. n), id .. '/1/1/0123456789abcdef', 'PX', 5184000000)
  end
end
return rows
"""


def opener(server: Valkey) -> Any:
    """Return what opens the store on a server."""

    def opened(_folder: Path, ring: KeyRing) -> Store:
        at = redis_url(f"{server.url}?namespace={NAMESPACE}&replicas=0")
        scripts = Scripts(at)
        return RedisStore(scripts, ring, at.namespace, scripts.client)

    return opened


def used(server: Valkey) -> int:
    """Return the bytes that a server uses for its data."""
    return int(server.client().info("memory")["used_memory"])


def fill(server: Valkey, more: int) -> float:
    """Add ``more`` copies, evenly over the partitions; return the bytes of one."""
    server.command("CONFIG", "SET", "appendonly", "no")
    before = used(server)
    parts = Keys(NAMESPACE).parts
    for number, part in enumerate(parts):
        models: list[bytes] = server.command("HKEYS", part.keys)
        left = more // len(parts) + (number < more % len(parts))
        while left and models:
            count = min(left, BATCH)
            server.command("EVAL", COPY, 0, part.prefix, models[0], count, secrets.token_hex(12))
            left -= count
    weight = (used(server) - before) / more
    server.command("CONFIG", "SET", "appendonly", "yes")
    while server.client().info("persistence")["aof_rewrite_in_progress"]:  # some gigabytes
        time.sleep(0.5)
    return weight


def measure(total: int, report: Report) -> None:
    """Measure and tell ``report``."""
    program = bot()
    script = script_of(program, TYPED)
    ring = KeyRing.generate()
    people = 8 if quick() else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        servers = [Valkey(Path(folder) / name).start() for name in ("small", "large")]
        for server in servers:
            if server.pid is not None and hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(server.pid, cores()[1])
        try:
            opens = [opener(server) for server in servers]
            for opened in opens:
                rig = Rig(Path(folder), program, None, ring, opened=opened)
                run_async(make(rig, people, len(script[0]["replies"])))
            begun = time.perf_counter()
            weight = fill(servers[1], total - people)
            spent, size = time.perf_counter() - begun, used(servers[1]) / 2**20
            report.note(f"filled to {total:,} conversations in {spent:.0f} s: {size:,.0f} MiB")
            pin(cores()[0])
            rigs = [Rig(Path(folder), program, None, ring, first_update=10_000_000, opened=opened) for opened in opens]
            times = run_async(compare(rigs[0], rigs[1], script))
        finally:
            for server in servers:
                server.kill()
    tell(report, times, people, total, "Redis")
    report.row("memory on Redis of a conversation that began", "", f"{weight:,.0f} bytes")


def main() -> None:
    """Measure and print."""
    default = 128 if quick() else int(os.environ.get("BENCH_CONVERSATIONS", LARGE))
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=default, help="also BENCH_CONVERSATIONS")
    options = parser.parse_args()
    print(f"  {machine()}")
    cores()
    report = Report(name="scale_redis")
    measure(options.conversations, report)
    report.finish()


if __name__ == "__main__":
    main()
