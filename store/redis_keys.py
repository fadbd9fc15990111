"""Names of the keys on Redis. The list of what each holds is ``docs/adr/`` on the Redis store's layout.

Every key of a partition begins with the same hash tag, so all of them lie in one slot of a cluster and one script may
touch any of them. Scripts get a fixed *bundle* of keys in a fixed order, which ``lua/lib/keys.lua`` names again.
"""

from __future__ import annotations

from core.ids import PARTITIONS, ConversationId, partition

__all__ = ["Bundle", "Keys", "Part", "route_of"]

#: Suffixes of a conversation's own keys, in the order of the bundle; the first is the head.
_OWN = ("", ":mail", ":log", ":row", ":calls", ":outs", ":dead", ":early", ":blobs")
#: Names of a partition's keys in the order of the bundle, before and behind the index of a route's deliveries.
_SHARED = ("meta", "keys", "seen", "due")
_REST = (
    "routes", "cdue", "chg", "exp", "rest", "old", "label", "nlabel", "outs", "dead", "count", "alias", "blobgone",
)  # fmt: skip


def route_of(channel: str, account: str) -> str:
    """Return the name of one of our accounts, by which deliveries are claimed."""
    return f"{channel}/{account}"


class Part:
    """The keys of one partition."""

    __slots__ = (
        "_behind", "_routes", "_shared", "alias", "blobgone", "cdue", "chg", "count", "counterends", "counters", "dead",
        "due", "exp", "fileends", "keys", "label", "mark", "meta", "nlabel", "number", "old", "outs", "prefix", "rest",
        "routes", "seen", "stray", "strayat",
    )  # fmt: skip

    def __init__(self, namespace: str, number: int) -> None:
        self.number = number
        self.prefix = f"{{{namespace}:{number:02d}}}"
        self.meta = f"{self.prefix}meta"
        self.keys = f"{self.prefix}keys"
        self.seen = f"{self.prefix}seen"
        self.due = f"{self.prefix}due"
        self.routes = f"{self.prefix}routes"
        self.cdue = f"{self.prefix}cdue"
        self.chg = f"{self.prefix}chg"
        self.exp = f"{self.prefix}exp"
        self.rest = f"{self.prefix}rest"
        self.old = f"{self.prefix}old"
        self.label = f"{self.prefix}label"
        self.nlabel = f"{self.prefix}nlabel"
        self.dead = f"{self.prefix}dead"
        self.count = f"{self.prefix}count"
        self.alias = f"{self.prefix}alias"
        self.stray = f"{self.prefix}stray"
        self.strayat = f"{self.prefix}strayat"
        self.outs = f"{self.prefix}outs"
        self.blobgone = f"{self.prefix}blobgone"
        #: Ends of files, by `<conversation>/<number>`.
        self.fileends = f"{self.prefix}fileends"
        self.counters = f"{self.prefix}counters"
        self.counterends = f"{self.prefix}counterends"
        #: Whose partition this is: the store's id, and what proves its keys.
        self.mark = f"{self.prefix}mark"
        self._shared = tuple(f"{self.prefix}{name}" for name in _SHARED)
        self._behind = tuple(f"{self.prefix}{name}" for name in _REST)

    def ddue(self, route: str) -> str:
        """Return the index of the deliveries of one of our accounts."""
        return f"{self.prefix}ddue:{route}"

    def via(self, event_key: bytes) -> str:
        """Return where it is noted that an event of a name here went to another partition."""
        return f"{self.prefix}via:{event_key.hex()}"

    def pid(self, provider_key: bytes) -> str:
        """Return where a provider's id leads to its entry."""
        return f"{self.prefix}pid:{provider_key.hex()}"

    def file(self, number: int) -> str:
        """Return where the chunks of a file lie."""
        return f"{self.prefix}file:{number}"

    def head(self, conversation: ConversationId) -> str:
        """Return the key of a conversation's head."""
        return f"{self.prefix}c:{conversation}"

    def bundle(self, conversation: ConversationId, route: str) -> Bundle:
        """Return the keys that the scripts of a conversation get."""
        head = self.head(conversation)
        own = tuple(head + suffix for suffix in _OWN)
        return (*own, *self._shared, self.ddue(route), *self._behind)


Bundle = tuple[str, ...]


class Keys:
    """All partitions of one store; ``namespace`` sets several stores on one server apart."""

    def __init__(self, namespace: str) -> None:
        self.parts = tuple(Part(namespace, number) for number in range(PARTITIONS))
        #: The channel on which processes tell each other of new work. No partition: hints go to everybody.
        self.hints = f"{namespace}:hints"

    def of(self, conversation: ConversationId) -> Part:
        """Return the partition of a conversation."""
        return self.parts[partition(conversation)]

    def of_provider(self, provider_key: bytes) -> Part:
        """Return the partition in which a provider's id is kept: spread by its hash, as receipts know nothing else."""
        return self.parts[provider_key[0] % PARTITIONS]
