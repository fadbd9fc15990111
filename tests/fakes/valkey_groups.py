"""Groups of real servers on loopback: a primary with a replica and three Sentinels, and a cluster of six nodes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import redis

from tests.fakes.valkey import Valkey, folder, free_ports, needed, patience

__all__ = ["SERVICE", "SLOTS", "Cluster", "Trio", "cluster", "sentinel"]

#: What the Sentinels call the pair.
SERVICE = "streetwork"
#: Slots of a cluster.
SLOTS = 16_384
#: Milliseconds after which a silent node counts as down: short, so that tests see a failover.
DOWN_AFTER = 1_000
#: Of the groups that many tests share: no busy machine is to be taken for a failure.
PATIENT = 15_000


def info(server: Valkey, section: str) -> dict[str, Any]:
    """Return a section of what a server tells about itself."""
    found = server.command("INFO", section)
    assert isinstance(found, dict)
    return found


class Trio:
    """A primary, a replica and three Sentinels; after a failover the roles are changed."""

    def __init__(self, home: Path, *, down_after: int = DOWN_AFTER) -> None:
        self._down_after = down_after
        self.servers = [Valkey(home / name) for name in ("one", "two")]
        self._home = home
        self.sentinels: list[Valkey] = []

    @property
    def url(self) -> str:
        """Where the Sentinels are, and whom to ask for."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    def start(self) -> Trio:
        """Start all five and wait until the Sentinels know everybody."""
        first, second = self.servers
        first.start()
        second.config["replicaof"] = f"127.0.0.1 {first.port}"
        second.start()
        for _ in patience("a replica in step"):
            if info(second, "replication").get("master_link_status") == "up":
                break
        for number in range(3):
            config = {
                "sentinel monitor": f"{SERVICE} 127.0.0.1 {first.port} 2",
                "sentinel down-after-milliseconds": f"{SERVICE} {self._down_after}",
                "sentinel failover-timeout": f"{SERVICE} 3000",
            }
            self.sentinels.append(Valkey(self._home / f"sentinel{number}", config=config, sentinel=True).start())
        for _ in patience("Sentinels that know each other and the replica"):
            if all(self._knows(one) for one in self.sentinels):
                return self
        raise AssertionError

    def _knows(self, one: Valkey) -> bool:
        told = one.command("SENTINEL", "MASTER", SERVICE)
        state = dict(zip(told[::2], told[1::2], strict=True))
        return int(state[b"num-other-sentinels"]) == 2 and int(state[b"num-slaves"]) == 1

    @property
    def primary(self) -> Valkey:
        """The server that the Sentinels send writers to."""
        told = self.sentinels[0].command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(one for one in self.servers if one.port == int(told[1]))

    @property
    def replica(self) -> Valkey:
        """The other one."""
        primary = self.primary
        return next(one for one in self.servers if one is not primary)

    def failover(self) -> None:
        """Kill the primary and wait until the other one is it; the killed one comes back as its replica."""
        old = self.primary
        new = self.replica
        old.kill()
        for _ in patience("a new primary"):
            if self.primary is new and info(new, "replication").get("role") == "master":
                break
        new.config.pop("replicaof", None)
        old.config["replicaof"] = f"127.0.0.1 {new.port}"
        old.restart()
        for _ in patience("the old primary as a replica"):
            if info(old, "replication").get("master_link_status") == "up" and self._sees_replica(new):
                return

    def _sees_replica(self, server: Valkey) -> bool:
        return int(info(server, "replication").get("connected_slaves", 0)) == 1

    def wipe(self) -> None:
        """Delete all data."""
        self.primary.wipe()

    def close(self) -> None:
        """Kill all five."""
        for one in (*self.sentinels, *self.servers):
            one.kill()


class Cluster:
    """Three primaries with a replica each; who is what changes with failovers."""

    def __init__(self, home: Path, *, down_after: int = DOWN_AFTER) -> None:
        ports = free_ports(6)
        self.nodes = [
            Valkey(home / f"node{number}", config=self._config(bus, down_after)) for number, bus in enumerate(ports)
        ]

    @staticmethod
    def _config(bus: int, down_after: int) -> dict[str, str]:
        return {
            "cluster-enabled": "yes",
            "cluster-port": str(bus),
            "cluster-node-timeout": str(down_after),
            "cluster-replica-validity-factor": "0",
            "cluster-migration-barrier": "5",
        }

    @property
    def url(self) -> str:
        """Where three of the nodes are."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{one.port}" for one in self.nodes[::2])

    def start(self) -> Cluster:
        """Start six servers and join them."""
        for node in self.nodes:
            node.start()
        for number, node in enumerate(self.nodes):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        third = SLOTS // 3 + 1
        for number, node in enumerate(self.nodes[:3]):
            node.command("CLUSTER", "ADDSLOTSRANGE", number * third, min((number + 1) * third, SLOTS) - 1)
        first = self.nodes[0]
        for node in self.nodes[1:]:
            node.command("CLUSTER", "MEET", "127.0.0.1", first.port, first.config["cluster-port"])
        for _ in patience("six nodes that know each other"):
            if all(self._state(node)["cluster_known_nodes"] == "6" for node in self.nodes):
                break
        for replica, primary in zip(self.nodes[3:], self.nodes[:3], strict=True):
            self._follow(replica, primary)
        self.wait_well()
        return self

    @staticmethod
    def _follow(replica: Valkey, primary: Valkey) -> None:
        name = primary.command("CLUSTER", "MYID")
        for _ in patience("a replica that may follow"):
            try:
                replica.command("CLUSTER", "REPLICATE", name)
            except redis.exceptions.ResponseError:
                continue  # the gossip has not reached it
            return

    @staticmethod
    def _state(node: Valkey) -> dict[str, str]:
        lines = node.command("CLUSTER", "INFO").decode().split()
        return dict(line.split(":", 1) for line in lines)

    def wait_well(self) -> None:
        """Wait until all six run, agree and are in step."""
        for _ in patience("a cluster that is well"):
            try:
                if all(self._well(node) for node in self.nodes):
                    return
            except redis.exceptions.RedisError:
                continue

    def _well(self, node: Valkey) -> bool:
        if self._state(node)["cluster_state"] != "ok" or self._state(node)["cluster_size"] != "3":
            return False
        told = info(node, "replication")
        if told["role"] == "master":
            return int(told.get("connected_slaves", 0)) == 1
        return bool(told.get("master_link_status") == "up")

    def at(self, port: int) -> Valkey:
        """Return the node of a port."""
        return next(node for node in self.nodes if node.port == port)

    def owner(self, slot: int) -> Valkey:
        """Return the primary that serves a slot."""
        for node in self.nodes:
            if node.pid is None:
                continue
            for entry in node.command("CLUSTER", "SLOTS"):
                if entry[0] <= slot <= entry[1]:
                    return self.at(entry[2][1])
        raise AssertionError(f"nobody serves slot {slot}")

    @property
    def primaries(self) -> list[Valkey]:
        """The nodes that take writes now."""
        return [node for node in self.nodes if node.pid and info(node, "replication")["role"] == "master"]

    def replica_of(self, primary: Valkey) -> Valkey:
        """Return the replica of a primary."""
        for node in self.nodes:
            told = info(node, "replication") if node.pid else {}
            if told.get("role") == "slave" and int(told["master_port"]) == primary.port:
                return node
        raise AssertionError("it has no replica")

    def failover(self, primary: Valkey) -> Valkey:
        """Kill a primary and wait until its replica serves; bring it back as a replica. Returns the new primary."""
        new = self.replica_of(primary)
        primary.kill()
        for _ in patience("a replica that takes over"):
            if info(new, "replication")["role"] == "master" and self._state(new)["cluster_state"] == "ok":
                break
        primary.restart()
        self.wait_well()
        return new

    def move_slot(self, slot: int, target: Valkey, *, between: Any = None) -> None:
        """Move a slot key by key as `valkey-cli` does; ``between`` is called when half of the keys have moved."""
        source = self.owner(slot)
        names = {node.port: node.command("CLUSTER", "MYID") for node in (source, target)}
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", names[source.port])
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", names[target.port])
        keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, 1_000_000)
        half = len(keys) // 2
        for number, key in enumerate(keys):
            if number == half and between is not None:
                between()
            source.command("MIGRATE", "127.0.0.1", target.port, key, 0, 10_000)
        for node in (target, source, *self.primaries):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", names[target.port])

    def wipe(self) -> None:
        """Delete all data."""
        for node in self.primaries:
            node.wipe()

    def close(self) -> None:
        """Kill all nodes."""
        for node in self.nodes:
            node.kill()


@cache
def sentinel() -> Trio:
    """Return this process's shared primary, replica and Sentinels."""
    needed()
    return Trio(folder() / "trio", down_after=PATIENT).start()


@cache
def cluster() -> Cluster:
    """Return this process's shared cluster."""
    needed()
    return Cluster(folder() / "cluster", down_after=PATIENT).start()
