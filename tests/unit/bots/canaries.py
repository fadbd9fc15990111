"""A whole Streetwork on SQLite with canary strings in every place a word can go, and an attack on what an erasure left.

The attack does not trust rows or indexes: it takes every byte of every file for the beginning of something sealed, and
tries every key that is left on it. AES-GCM is counter mode underneath, so a key opens its bytes wherever they lie: in a
freed page, a write-ahead log, a copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from bots import logs
from bots.app import App
from bots.intake import Incoming
from core.blobs import BlobKey, keep
from core.ids import ConversationId
from core.messages import Choice, Content, Edited, Inbound, Location, Media, Profile, SharedContact, Start, Text
from core.records import RetryAt, Sent
from core.settings import Settings
from handoff.accounts import add_account
from store.seal import KeyRing
from store.sqlite import SqliteStore
from tests.fakes.clock import FakeClock
from tests.fakes.desk_window import PASSWORD, Window

#: Every canary begins like this. Whatever points at the person's address is told apart: it lives until the
#: confirmation of the erasure is delivered.
CANARY = "Kanarienvogel"
PEER = "Zeisig-peer"

_BOT = """
format: "1"
name: Canary
languages: {source: en, offered: [en, ru]}
""".replace("{source: en, offered: [en, ru]}", "\n  source: en\n  offered: [en, ru]")
_REST = """
channels: [telegram, webchat]
start: main
home: main.hello
team:
  name: The team
  imprint: https://example.org/imprint
  privacy: https://example.org/privacy
  contact: Come to us.
contact:
  city:
    type: text
    personal: true
    keep: 30d
queues:
  advice:
    hours: Mo-Su 00:00-24:00
    languages: [en, ru]
    promise: soon
commands:
  menu:
    words: menu
    goto: main.hello
  human:
    words: human
    goto: main.human
  stop:
    words: stop
    action: stop
  delete:
    words: delete
    action: erase
  mydata:
    words: my data
    action: mydata
  withdraw:
    words: withdraw
    action: withdraw
"""
_FLOW = """
flow: main
vars:
  word: text
  answer: text
steps:
  hello:
    ask: I am a program. Tell me.
    save: word
  keep:
    set:
      contact.city: "{word}"
  look:
    hook: lookup
    with:
      word: "{word}"
    save:
      answer: text
    failed: again
  again:
    ask: "Nothing found for {word}. Tell me more."
    save: answer
  human:
    handoff: advice
    note: "{word} {answer} {contact.city}"
    say: A human will come, {queue.promise}.
    done: hello
"""
_HOOKS = '''"""Hooks of the canaries."""


async def lookup(word: str) -> dict[str, str]:
    """Fail with the person's own word in the message."""
    raise ValueError(word)
'''


class Cage:
    """The running app, the person in it, and what was logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        bot = folder / "canary"
        bot.mkdir()
        (bot / "bot.yaml").write_text(_BOT + _REST, encoding="utf-8")
        (bot / "main.yaml").write_text(_FLOW, encoding="utf-8")
        (bot / "hooks.py").write_text(_HOOKS, encoding="utf-8")
        self.log = io.StringIO()
        self.clock = FakeClock()
        settings = Settings(bot=bot, store=f"sqlite:///{self.folder}/s.db", port=0)
        self.app = App(settings, roles=frozenset({"web", "desk", "worker"}), clock=self.clock)
        assert isinstance(self.app.store, SqliteStore)
        self.store: SqliteStore = self.app.store
        self.who: ConversationId = self.app.intake.conversation("telegram", "bot1", PEER)
        self.number = 0
        self.window = Window("")
        self.case = ""

    @property
    def ring(self) -> KeyRing:
        assert self.app.ring is not None
        return self.app.ring

    # -- moving ----------------------------------------------------------------------------------------------

    async def hear(self, content: Content, *, peer: str = PEER) -> None:
        self.number += 1
        message = Inbound(
            content=content, message_id=f"{CANARY}-mid{self.number}", profile=Profile(name=f"{CANARY}-name")
        )
        incoming = Incoming(peer=peer, event_id=f"{CANARY}-event{self.number}", message=message)
        await self.app.intake.accept("telegram", "bot1", [incoming])
        await self.settle()

    async def settle(self) -> None:
        """Run turns and calls until nothing is due."""
        while await self.app.worker.work_once() + await self.app.caller.work_once():
            pass

    async def deliver(self) -> None:
        """Send everything that waits, as a provider would take it."""
        while leases := await self.store.claim_delivery("d", self.clock.now(), 30_000, 10):
            for lease in leases:
                await self.store.settle(lease, Sent(provider_ids=(f"{CANARY}-pid-{lease.entry.id}",)), self.clock.now())

    async def act(self, verb: str, **body: object) -> int:
        """Press a button at the desk, with the worker at work beside."""
        pressed = asyncio.create_task(self.window.post(f"cases/{self.case}/{verb}", body))
        while not pressed.done():
            await self.settle()
            await asyncio.sleep(0.01)
        return (await pressed)[0]

    # -- planting --------------------------------------------------------------------------------------------

    async def plant(self) -> None:
        """Put a canary into every place a word can go."""
        await self.hear(Start())
        await self.hear(Text(text=f"{CANARY}-story"))
        await self.hear(Text(text=f"{CANARY}-more"))
        await self.hear(Text(text="yes"))
        await self.hear(Choice(token=f"{CANARY}-token", label=f"{CANARY}-label"))
        await self.hear(Location(latitude=1.0, longitude=2.0, label=f"{CANARY}-place"))
        await self.hear(SharedContact(phone=f"+49{CANARY}", name=f"{CANARY}-contact"))
        await self.hear(Edited(of="1", text=f"{CANARY}-edit"))
        media = Media(kind="document", ref=f"{CANARY}-ref", name=f"{CANARY}-file", caption=f"{CANARY}-caption")
        await self.hear(media)
        await self._keep_file()
        await self._explode()
        state = await self.store.snapshot(self.who)
        assert state is not None
        self.case = next(one.name for one in state.labels if one.name.startswith("case:")).removeprefix("case:")
        assert await self.act("claim") == 200
        assert await self.act("note", text=f"{CANARY}-note") == 200
        await self.window.put(f"cases/{self.case}/drafts/reply", {"text": f"{CANARY}-draft"})
        await self.window.put(f"cases/{self.case}/drafts/note", {"text": f"{CANARY}-draft2"})
        status, found = await self.window.post("search", {"q": CANARY})
        assert status == 200
        assert found["hits"]
        await self.hear(Text(text="my data"))
        assert await self.act("reply", text=f"{CANARY}-reply") == 200
        await self._undelivered()
        (self.folder / "metrics.txt").write_bytes(await self.app.metrics.page(self.store, self.clock.now()))

    async def _keep_file(self) -> None:
        async def parts() -> AsyncIterator[bytes]:
            yield f"{CANARY}-bytes".encode() * 100

        lines = await self.store.transcript(self.who, 0, 500)
        entry = next(line.entry.id for line in lines if isinstance(getattr(line.entry.body, "message", None), Inbound)
                     and isinstance(line.entry.body.message.content, Media))  # type: ignore[union-attr] # fmt: skip
        now = self.clock.now()
        key = BlobKey(entry)
        await keep(self.app.blobs, key, parts(), most=1 << 20, now=now, expires=now + 86_400_000, name=f"{CANARY}-name")

    async def _explode(self) -> None:
        """Make a dead letter: a turn that fails with the person's words in its error."""

        def broken(program: object, conversation: object, event: object, env: object) -> object:
            raise ValueError(f"{CANARY}-error {event}")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("handlers.worker.take_turn", broken)
            await self.hear(Text(text=f"{CANARY}-dead"))
        assert await self.store.dead(10)

    async def _undelivered(self) -> None:
        leases = await self.store.claim_delivery("d", self.clock.now(), 30_000, 1)
        for lease in leases:
            again = RetryAt(at=self.clock.now() + 1, reason=f"{CANARY}-reason")
            await self.store.settle(lease, again, self.clock.now())

    # -- attacking -------------------------------------------------------------------------------------------

    def keys(self, folder: Path) -> list[bytes]:
        """Return every key that is left: the records', and whatever in the key file's bytes a master key unwraps.

        Not only in its rows: a deleted key that lingers in a free page is left, too.
        """
        found = [self.ring.records]
        for file in folder.glob("s.db.keys*"):
            data = file.read_bytes()
            for master in self.ring.masters:
                found += [key for at in range(len(data) - 40) if (key := _unwrapped(master, data[at : at + 40]))]
        return list(dict.fromkeys(found))

    def attack(self, folder: Path, keys: list[bytes], word: str = CANARY) -> set[str]:
        """Return the canaries that can be read in the files of a folder, in plain or with one of the keys."""
        found: set[str] = set()
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                data = file.read_bytes()
                found |= set(_words(data, word))
                for at in _sealed(data):
                    for key in keys:
                        found |= set(_words(_opened(key, data, at), word))
        return found | set(_words(self.log.getvalue().encode(), word))


def _unwrapped(master: bytes, wrapped: bytes) -> bytes | None:
    if not any(wrapped):
        return None
    try:
        return aes_key_unwrap(master, wrapped)
    except InvalidUnwrap:
        return None


def _sealed(data: bytes) -> Iterator[int]:
    """Yield every place at which something sealed may begin: behind the byte that names the format."""
    at = data.find(b"\x01")
    while 0 <= at < len(data) - 29:
        yield at + 1
        at = data.find(b"\x01", at + 1)


def _opened(key: bytes, data: bytes, at: int) -> bytes:
    """Return what the key makes of the bytes there: a page of it; an entry longer than that has its canary before."""
    counter = data[at : at + 12] + b"\x00\x00\x00\x02"
    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    return decryptor.update(data[at + 12 : at + 12 + 2048])


def _words(data: bytes, word: str) -> Iterator[str]:
    """Yield the canaries in some bytes, each with the few letters behind it."""
    sought = word.encode()
    at = data.find(sought)
    while at >= 0:
        yield data[at : at + len(sought) + 8].decode("utf-8", "replace")
        at = data.find(sought, at + 1)


@asynccontextmanager
async def open_cage(folder: Path) -> AsyncIterator[Cage]:
    """A cage with a counsellor at the desk."""
    cage = Cage(folder)
    back = logs.set_up("debug", "json", stream=cage.log)
    server = TestServer(cage.app.web())
    await server.start_server()
    feed = asyncio.create_task(cage.app.feed.run())
    cage.window.base = str(server.make_url("/")).rstrip("/")
    try:
        now = cage.clock.now()
        login = f"a{secrets.token_hex(4)}"
        await add_account(
            cage.store, now, login=login, name="Anna", languages=("en",), password=PASSWORD, roles=("counsellor",)
        )
        assert await cage.window.sign_in(login) == 303
        yield cage
    finally:
        feed.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feed
        await cage.window.close()
        await cage.app.close_pages()
        await server.close()
        with contextlib.suppress(Exception):
            await cage.store.close()
        back()
