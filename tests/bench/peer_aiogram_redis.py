"""The peer of the durable turns on Redis: an aiogram bot whose states and data lie in its RedisStorage.

``python -m tests.bench.peer_aiogram_redis SCRIPT URL REDIS PEOPLE FIRST ISOLATED``: SCRIPT is what
``tests.bench.walk.script_of`` wrote; ISOLATED 1 takes aiogram's lock on Redis around each update, as its documentation
advises where one person can write twice at once. Run in the environment that has aiogram; prints one JSON object, an
empty one where the library is missing. An update that is being handled when the process dies is lost: that is how
aiogram works, and nothing here makes it safer.
"""

# The library is not there where the types are checked.
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.fake_api import TOKEN
from tests.bench.report import loop_name, run_async, versions

try:
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.fsm.context import FSMContext
    from aiogram.fsm.storage.redis import RedisStorage
    from aiogram.types import Chat, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
except ImportError:
    print("{}")
    raise SystemExit(0) from None


def dispatcher(storage: Any, script: list[dict[str, Any]], isolated: bool) -> Any:
    """Return the bot: the state is the number of the step, its data what the person said so far."""
    made = Dispatcher(storage=storage, events_isolation=storage.create_isolation() if isolated else None)

    @made.message()
    async def answer(message: Message, state: FSMContext) -> None:
        number = 0 if message.text == "/start" else int(await state.get_state() or 0)
        for n, reply in enumerate(script[number]["replies"]):
            rows = [
                [InlineKeyboardButton(text=label, callback_data=f"b{n}.{m}")]
                for m, label in enumerate(reply["buttons"])
            ]
            await message.answer(
                reply["text"], reply_markup=InlineKeyboardMarkup(inline_keyboard=rows) if rows else None
            )
        await state.set_state(str(number + 1))
        await state.update_data({f"said{number}": message.text})

    return made


async def run(url: str, redis: str, script: list[dict[str, Any]], people: int, first: int, isolated: bool) -> Any:
    """Return turns per second and the CPU time of a turn in microseconds."""
    # Its default pool has 100 connections and raises beyond that.
    storage = RedisStorage.from_url(redis, connection_kwargs={"max_connections": 1_000})
    handled = dispatcher(storage, script, isolated)
    session = AiohttpSession(api=TelegramAPIServer.from_base(url), limit=1_000)
    bot = Bot(TOKEN, session=session)
    number = 0

    async def walk(person: int) -> None:
        nonlocal number
        chat, user = Chat(id=person, type="private"), User(id=person, is_bot=False, first_name="Bench")
        for step in script:
            number += 1
            text = step["say"] or "/start"
            body = Update(
                update_id=number,
                message=Message(message_id=number, date=int(time.time()), chat=chat, from_user=user, text=text),
            ).model_dump_json(exclude_none=True, by_alias=True)
            update = Update.model_validate_json(body, context={"bot": bot})
            await handled.feed_update(bot, update)

    begun, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(walk(first + n) for n in range(people)))
    seconds, spent = time.perf_counter() - begun, time.process_time() - busy
    await bot.session.close()
    await storage.close()
    turns = people * len(script)
    return turns / seconds, spent / turns * 1e6


def main() -> None:
    """Measure and print."""
    script = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rate, spent = run_async(
        run(sys.argv[2], sys.argv[3], script, int(sys.argv[4]), int(sys.argv[5]), sys.argv[6] == "1")
    )
    configuration = f"{versions('aiogram', 'redis', 'hiredis')}, RedisStorage, {loop_name()}"
    print(json.dumps({"turns_per_second": rate, "cpu_us": spent, "configuration": configuration}))


if __name__ == "__main__":
    main()
