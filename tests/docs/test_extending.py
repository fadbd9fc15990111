"""The page for developers is true: its package is written down, made known by real metadata, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT, apply, blocks, new_bot

PAGE = "docs/extending.md"

#: Runs in a process of its own that has the package: first the hook, then everything by the way of a message.
SCRIPT = '''
import asyncio, json, sys
from pathlib import Path

from bots.app import App
from bots.environment import settings_of_process
from core.capabilities import CAPABILITIES
from core.events import CallReturned, Received
from core.ids import CallId, ConversationId
from core.messages import Address, Inbound, Start
from core.records import Arrival, Call, Commit
from handlers.calls import Caller
from store.memory import MemoryStore

box = Path(sys.argv[1])


async def hook(app):
    store, now = MemoryStore(), app.clock.now()
    person = ConversationId("a" * 32)
    address = Address(bot="b", channel="letterbox", account="files", peer="ANNA")
    event = Received(message=Inbound(content=Start()))
    await store.ingest([Arrival(conversation=person, address=address, event_id="e", event=event, at=now)], now)
    (lease,) = await store.claim("w", now, 5000, 1)
    call = Call(id=CallId("c1"), name="waiting_room", args={"plz": "10115"}, timeout=5000)
    await store.commit(lease, Commit(state=b"{}", epoch=0, calls=(call,)), now)
    await Caller(store, app.clock, app.releases.current, name="c").work_once()
    # The answer is due when it arrived, which can be a millisecond after ``now``.
    (answered,) = await store.claim("w", app.clock.now(), 5000, 1)
    assert isinstance(answered.event, CallReturned)
    return answered.event.values


async def letter(app, name, text):
    """Bring one file in, and let worker, calls and delivery do what is due."""
    channel = app.channels["letterbox", "files"]
    (box / "in" / name).write_text(text, encoding="utf-8")
    polled = await channel.poll(None)
    for _ in range(2):  # a second time, as after a crash before the acknowledgement
        await app.intake.accept(channel.name, channel.account, polled.incoming)
    channel.acknowledge(polled.incoming)
    while await app.worker.work_once() + await app.caller.work_once() + await app.delivery.deliver_due():
        pass


async def main():
    app = App(settings_of_process(), roles=frozenset({"worker"}))
    for channel in app.channels.values():
        await channel.start()
    told = {"hook": await hook(app), "channels": sorted(name for name, _ in app.channels)}
    await letter(app, "ANNA.1.txt", "hello")
    await letter(app, "ANNA.2.txt", "2")
    told["left"] = sorted(one.name for one in (box / "in").iterdir())
    # Files of one turn are written within a millisecond; their names end with turn and number.
    order = sorted((box / "out").iterdir(), key=lambda one: [int(part) for part in one.stem.split("-")[-2:]])
    told["out"] = [one.read_text(encoding="utf-8") for one in order]
    print(json.dumps(told))
    await app.store.close()


asyncio.run(main())
'''


class Installed:
    """The package of the page, beside Streetwork on the path of other processes, and the bot that uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bot = new_bot(folder / "bot")
        for block in blocks(PAGE, "python", "toml", "yaml"):
            apply(folder, block)
        package = folder / "package"
        project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        known = package / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        known.mkdir()
        (known / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
        )
        groups = project["entry-points"].items()
        lines = [f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in points.items()) for group, points in groups]
        (known / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STREETWORK_", "TELEGRAM_"))}
        path = os.pathsep.join((str(self.folder / "package"), str(ROOT)))
        return subprocess.run(
            [sys.executable, *arguments],
            env={**own, "PYTHONPATH": path, "STREETWORK_LOG": "error", **settings},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def streetwork(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "bots.cli", *arguments, **settings)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("extending"))


@pytest.fixture(scope="module")
def told(installed: Installed) -> dict[str, Any]:
    """What the whole way of a message through the package brought."""
    box = installed.folder / "letters"
    done = installed.run(
        "-c",
        SCRIPT,
        str(box),
        STREETWORK_BOT=str(installed.bot),
        STREETWORK_STORE="memory:",
        LETTERBOX_FOLDER=str(box),
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_check_knows_verb_hook_and_channel(installed: Installed) -> None:
    done = installed.streetwork("check", "bot")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 errors" in done.stdout


def test_without_the_package_check_says_what_is_missing(installed: Installed) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bots.cli", "check", str(installed.bot), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert {found["code"] for found in json.loads(done.stdout)["findings"]} >= {"E103", "E209", "E210"}


def test_mistakes_in_the_verb_are_found_with_their_line(installed: Installed) -> None:
    welcome = installed.bot / "welcome.yaml"
    right = welcome.read_text(encoding="utf-8")
    welcome.write_text(right.replace("    evening:", "    evenning:"), encoding="utf-8")
    try:
        done = installed.streetwork("check", "bot", "--json")
    finally:
        welcome.write_text(right, encoding="utf-8")
    (error,) = (found for found in json.loads(done.stdout)["findings"] if found["level"] == "error")
    assert (error["code"], error["file"], error["line"]) == ("E104", "bot/welcome.yaml", 6)
    assert error["suggestion"] == "evening"


def test_its_conversations_are_held_on_the_new_channel(installed: Installed) -> None:
    done = installed.streetwork("test", "bot", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["channel"] for row in json.loads(done.stdout)["results"]} == {"letterbox", "webchat"}


def test_labels_are_checked_against_the_limits_of_the_new_channel(installed: Installed) -> None:
    main = installed.bot / "main.yaml"
    right = main.read_text(encoding="utf-8")
    main.write_text(right.replace("Ask a question", f"Ask {'very ' * 12}long questions"), encoding="utf-8")
    try:
        done = installed.streetwork("check", "bot", "--json")
    finally:
        main.write_text(right, encoding="utf-8")
    (error,) = (found for found in json.loads(done.stdout)["findings"] if found["level"] == "error")
    assert error["code"] == "E401"
    assert "letterbox" in error["message"]


def test_a_mistyped_setting_of_the_channel_is_an_error_that_names_it(installed: Installed) -> None:
    settings = installed.folder / "settings.toml"
    settings.write_text('LETTERBOX_FOLDERS = "x"\n', encoding="utf-8")
    done = installed.streetwork("store", "check", STREETWORK_SETTINGS=str(settings))
    assert done.returncode == 2
    assert "Did you mean LETTERBOX_FOLDER?" in done.stderr


def test_the_schema_has_the_verb(installed: Installed) -> None:
    done = installed.streetwork("schema", "flow")
    assert done.returncode == 0, done.stderr
    step = json.loads(done.stdout)["$defs"]["step_daytime"]
    assert set(step["required"]) == {"daytime", "evening"}


def test_the_hook_is_called_with_its_arguments_and_the_calls_id(told: dict[str, Any]) -> None:
    assert told["hook"] == {"rooms": "3", "asked_as": "c1"}


def test_a_letter_is_answered_once_through_worker_hook_and_delivery(told: dict[str, Any]) -> None:
    assert told["channels"] == ["letterbox", "webchat"]
    assert told["left"] == [], "what is durable is taken away"
    hello, rooms, menu, alone, asked, *_ = told["out"]
    assert hello.startswith("Good ")
    assert rooms.replace("\u2068", "").replace("\u2069", "") == "Free rooms near you: 3."
    assert menu.endswith("1. Ask a question\n2. Talk to a human"), "no buttons here: a numbered list"
    assert alone.startswith("At the moment nobody in our team speaks English."), "there is no account yet"
    assert asked.startswith("May a human read this conversation?")


def test_the_package_is_typed_and_clean(installed: Installed) -> None:
    source = str(installed.folder / "package" / "streetwork_letterbox")
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), source]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
