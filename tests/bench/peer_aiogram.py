"""The peer of the engine: the same walk as an aiogram-dialog, on its mock tools and JSON memory storage.

Run in the environment that has aiogram-dialog: ``python -m tests.bench.peer_aiogram SCRIPT PEOPLE``; SCRIPT is what
``tests.bench.walk.script_of`` wrote. Prints one JSON object; an empty one where the library is missing. Needs nothing
of Streetwork.
"""

# The library is not there where the types are checked.
# mypy: disable-error-code="import-not-found, misc"

from __future__ import annotations

import asyncio
import json
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

try:
    from aiogram import Dispatcher
    from aiogram.filters import CommandStart
    from aiogram.fsm.state import State, StatesGroup
    from aiogram.fsm.storage.memory import SimpleEventIsolation
    from aiogram.types import CallbackQuery, Chat, Message, Update, User
    from aiogram_dialog import Dialog, DialogManager, StartMode, Window, setup_dialogs
    from aiogram_dialog.test_tools import BotClient, MockMessageManager
    from aiogram_dialog.test_tools.memory_storage import JsonMemoryStorage
    from aiogram_dialog.widgets.input import TextInput
    from aiogram_dialog.widgets.kbd import Column, Select, SwitchTo
    from aiogram_dialog.widgets.text import Const, Format
except ImportError:
    print("{}")
    raise SystemExit(0) from None


class Walk(StatesGroup):
    """One state for each message that is shown."""

    language = State()
    menu = State()
    work = State()
    questions = State()
    answer = State()
    more = State()
    housing = State()
    rent = State()
    more_again = State()
    human = State()
    postcode = State()
    consent = State()
    waiting = State()


#: In the order of the walk: each state shows the last message that the shipped bot answered with there.
STATES = (
    Walk.language,
    Walk.menu,
    Walk.work,
    Walk.questions,
    Walk.answer,
    Walk.more,
    Walk.menu,
    Walk.housing,
    Walk.rent,
    Walk.more_again,
    Walk.human,
    Walk.postcode,
    Walk.consent,
    Walk.waiting,
)


class Bot:
    """The dialog and its dispatcher, made from the script."""

    def __init__(self, script: list[dict[str, Any]]) -> None:
        self.script = script
        self.storage = JsonMemoryStorage()
        self.messages = MockMessageManager()
        self.dispatcher = Dispatcher(storage=self.storage, events_isolation=SimpleEventIsolation())
        self.dispatcher.include_router(Dialog(*self._windows()))
        self.dispatcher.message.register(self._start, CommandStart())
        setup_dialogs(self.dispatcher, message_manager=self.messages)

    def _windows(self) -> list[Any]:
        windows: dict[Any, Any] = {}
        for state, step, following in zip(STATES, self.script, (*self.script[1:], None), strict=True):
            if state in windows:
                continue
            shown = step["replies"][-1]
            index = STATES.index(state)
            buttons = [
                SwitchTo(Const(label), id=f"b{n}", state=self._target(state, label, index), on_click=_remember)
                for n, label in enumerate(shown["buttons"])
                if state is not Walk.language
            ]
            widgets: list[Any] = [Const(shown["text"])]
            if state is Walk.language:
                items = list(enumerate(shown["buttons"]))
                choice = Select(
                    Format("{item[1]}"), id="language", item_id_getter=_first, items=items, on_click=self._choose
                )
                widgets.append(Column(choice))
            elif buttons:
                widgets.append(Column(*buttons))
            if following is not None and not following["pressed"]:
                widgets.append(TextInput(id="typed", on_success=_go_on(STATES[index + 1])))
            windows[state] = Window(*widgets, state=state)
        return list(windows.values())

    def _target(self, state: Any, label: str, index: int) -> Any:
        """Return where a button leads: where the walk presses it, the next state; elsewhere it stays."""
        for n, step in enumerate(self.script[1:], 1):
            if STATES[n - 1] is state and step["pressed"] and step["say"] == label:
                return STATES[n]
        return state

    async def _start(self, message: Message, dialog_manager: DialogManager) -> None:
        await dialog_manager.start(Walk.language, mode=StartMode.RESET_STACK)

    async def _choose(self, event: CallbackQuery, widget: Any, manager: DialogManager, item: str) -> None:
        manager.dialog_data["language"] = item
        await manager.switch_to(Walk.menu)

    # -- the walk --------------------------------------------------------------------------------------------

    async def walk(self, person: int) -> float:
        """Make one walk and return the seconds that the dispatcher took."""
        client = BotClient(self.dispatcher, user_id=person, chat_id=person)
        seconds = 0.0
        for number, step in enumerate(self.script):
            update = self._update(client, person, number, step)
            begun = time.process_time()
            await self.dispatcher.feed_update(client.bot, update)
            seconds += time.process_time() - begun
            if self.messages.last_message().text != step["replies"][-1]["text"]:
                raise SystemExit(f"step {number} was answered with {self.messages.last_message().text!r}")
        self.messages.reset_history()
        return seconds

    def _update(self, client: BotClient, person: int, number: int, step: dict[str, Any]) -> Update:
        chat, user = Chat(id=person, type="private"), User(id=person, is_bot=False, first_name="Bench")
        if step["pressed"]:
            shown = self.messages.last_message()
            rows = shown.reply_markup.inline_keyboard
            data = next(button.callback_data for row in rows for button in row if button.text == step["say"])
            query = CallbackQuery(id=str(number), data=data, chat_instance="-", from_user=user, message=shown)
            return Update(update_id=number, callback_query=query)
        now = datetime.now(UTC)
        text = step["say"] or "/start"
        message = Message(message_id=100 + number, date=now, chat=chat, from_user=user, text=text)
        return Update(update_id=number, message=message)


def _first(item: Any) -> str:
    return str(item[0])


async def _remember(event: CallbackQuery, widget: Any, manager: DialogManager) -> None:
    manager.dialog_data["last"] = widget.widget_id


def _go_on(state: Any) -> Any:
    async def take(message: Message, widget: Any, manager: DialogManager, text: str) -> None:
        manager.dialog_data["typed"] = text
        await manager.switch_to(state)

    return take


async def _main(script: list[dict[str, Any]], people: int) -> dict[str, Any]:
    bot = Bot(script)
    for person in range(1, 3):
        await bot.walk(person)
    seconds = 0.0
    for person in range(1000, 1000 + people):
        seconds += await bot.walk(person)
    records = (record for record in bot.storage.storage.values() if record.data != "{}")
    sizes = sorted(len(record.data) + len(record.state or "") for record in records)
    names = ("aiogram", "aiogram-dialog", "pydantic")
    return {
        "turns_per_second": people * len(script) / seconds,
        "configuration": ", ".join(f"{name} {version(name)}" for name in names)
        + f", Python {platform.python_version()}; Dispatcher with SimpleEventIsolation, JsonMemoryStorage, "
        "MockMessageManager; updates made before the clock starts; one language",
        "state_median": sizes[len(sizes) // 2],
        "state_max": sizes[-1],
    }


if __name__ == "__main__":
    loaded = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(asyncio.run(_main(loaded, int(sys.argv[2])))))
