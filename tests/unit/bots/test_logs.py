"""Logs hold no text, name, number or token: canaries are pushed through every way into a log line."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bots import logs
from core.errors import Refused, StoreUnavailable

CANARY = "Olga-canary"
PHONE = "+4915112345678"
OWN = logging.getLogger("bots.test_logs")
FOREIGN = logging.getLogger("some_library.client")


class Log:
    """What was written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    log = Log()
    undo = logs.set_up("debug", request.param, stream=log.stream, known=["4711"])
    yield log
    undo()
    assert CANARY not in log.text
    assert PHONE.lstrip("+") not in log.text


@pytest.fixture
def json_log() -> Iterator[Log]:
    log = Log()
    undo = logs.set_up("info", "json", stream=log.stream, known=["4711"])
    yield log
    undo()


def fail(with_: BaseException) -> None:
    secret = CANARY + PHONE  # noqa: F841 - a local value that a traceback could show
    raise with_


def test_words_and_numbers_fill_the_message_and_nothing_else_does(log: Log) -> None:
    OWN.warning("%s account %s sent %d, %s: %s", "telegram", "4711", 3, CANARY, PHONE)
    assert "telegram account 4711 sent 3, ?: ?" in log.text


def test_named_placeholders_are_filled_by_the_same_rules(log: Log) -> None:
    OWN.warning("of %(channel)s by %(name)s", {"channel": "webchat", "name": CANARY})
    assert "of webchat by ?" in log.text


def test_place_of_an_error_is_shown_without_the_folders_of_this_machine(log: Log) -> None:
    OWN.error("broke off: %s and %s", "ValueError at /srv/app/bots/delivery.py:12", f"{CANARY} at /srv/x.py:12")
    OWN.error("dead", extra={"error": "KeyError at run.py:9"})
    assert "broke off: ValueError at bots/delivery.py:12 and ?" in log.text
    assert "KeyError at run.py:9" in log.text


def test_words_can_be_made_known_later(log: Log) -> None:
    OWN.info("account %s", "9912")
    logs.know(["9912"])
    OWN.info("account %s", "9912")
    assert "account ?" in log.text
    assert "account 9912" in log.text


def test_pseudonyms_are_cut(log: Log) -> None:
    OWN.error("conversation %s is put off", "0123456789abcdef" * 2)
    OWN.error("dead", extra={"conversation": "89abcdef"})
    assert "conversation 01234567 is put off" in log.text
    assert "89abcdef" in log.text


def test_release_and_class_may_be_codes(log: Log) -> None:
    OWN.error("flows_changed", extra={"code": "12ab34"})
    OWN.error("call_failed", extra={"code": "ValueError"})
    assert "12ab34" in log.text
    assert "ValueError" in log.text


def test_large_numbers_may_be_somebodys(log: Log) -> None:
    OWN.warning("chat %s and count %d", int(PHONE), int(PHONE))
    assert "chat" in log.text


def test_errors_in_a_message_are_their_class(log: Log) -> None:
    OWN.warning("not taken (%s) and (%s)", ValueError(CANARY), "TimeoutError")
    assert "not taken (ValueError) and (TimeoutError)" in log.text


def test_our_own_errors_keep_their_message(log: Log) -> None:
    OWN.warning("store: %s", StoreUnavailable("the disk is full"))
    assert "StoreUnavailable[store-unavailable]: the disk is full" in log.text


def test_error_codes_of_ours_are_words(log: Log) -> None:
    OWN.error("the store says %s", Refused("claimed").code)
    assert "the store says refused" in log.text


def test_fields_pass_by_name_and_shape(json_log: Log) -> None:
    OWN.info(
        "turn",
        extra={"conversation": "0123456789abcdef" * 2, "channel": "telegram", "ms": 12, "code": CANARY, "text": CANARY},
    )
    (line,) = json_log.lines
    assert line["conversation"] == "01234567"
    assert line["channel"] == "telegram"
    assert line["ms"] == 12
    assert line["code"] == "?"
    assert "text" not in line
    assert CANARY not in json_log.text


@pytest.mark.parametrize("field", ["conversation", "channel", "code", "ms", "count", "kind", "error_type"])
@pytest.mark.parametrize("value", [CANARY + "!", PHONE, "Мария", {"a": CANARY}, [CANARY], int(PHONE)])
def test_field_of_another_shape_is_hidden(log: Log, field: str, value: object) -> None:
    OWN.info("turn", extra={field: value})
    assert "?" in log.text
    assert "Мария" not in log.text


def test_argument_that_repeats_a_field_is_shown(json_log: Log) -> None:
    logging.getLogger("streetwork.audit").info("case %s", "claim", extra={"verb": "claim", "actor": "a1"})
    (line,) = json_log.lines
    assert (line["event"], line["verb"], line["actor"]) == ("case claim", "claim", "a1")


def test_records_of_libraries_keep_only_their_place(log: Log) -> None:
    FOREIGN.error(f"HTTP request: POST https://api.telegram.org/bot{CANARY}/sendMessage")
    FOREIGN.error("body: %s", CANARY)
    assert "some_library.client" in log.text
    assert "test_logs:" in log.text


def test_exception_shows_class_and_places_but_no_values(log: Log) -> None:
    try:
        fail(ValueError(f"invalid literal for int(): '{CANARY}'"))
    except ValueError:
        OWN.exception("turn failed")
    assert "ValueError" in log.text
    assert "test_logs.py" in log.text
    assert " fail" in log.text


def test_causes_and_groups_are_named_without_their_messages(log: Log) -> None:
    try:
        try:
            fail(KeyError(CANARY))
        except KeyError as error:
            raise ExceptionGroup(CANARY, [StoreUnavailable("full disk"), ValueError(CANARY)]) from error
    except ExceptionGroup:
        OWN.exception("turn failed")
    assert "ExceptionGroup(StoreUnavailable[store-unavailable]: full disk, ValueError) <- KeyError" in log.text


def test_broken_template_is_shown_unfilled(log: Log) -> None:
    record = OWN.makeRecord(OWN.name, logging.WARNING, "f", 1, "%d of %d", (CANARY,), None)
    next(h for h in logging.getLogger().handlers if isinstance(h, logs.Handler)).handle(record)
    assert "%d of %d" in log.text


def test_unserialisable_record_does_not_print_its_arguments(
    log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> int:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(log.stream, "write", broken)
    OWN.warning("anything %s", CANARY)
    printed = capsys.readouterr().err
    assert "could not be written (RuntimeError)" in printed
    assert CANARY not in printed


def test_warnings_go_through_the_log(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    assert "py.warnings" in log.text


def test_what_nobody_catches_is_logged_by_class(log: Log) -> None:
    try:
        fail(ValueError(CANARY))
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "not caught" in log.text
    assert "ValueError" in log.text


def test_errors_of_threads_are_logged_by_class(log: Log) -> None:
    try:
        fail(ValueError(CANARY))
    except ValueError as error:
        threading.excepthook(threading.ExceptHookArgs((ValueError, error, error.__traceback__, None)))
    assert "not caught in a thread" in log.text


async def test_lost_error_of_the_event_loop_is_logged_by_class(log: Log) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": CANARY, "exception": ValueError(CANARY), "task": CANARY})
    assert "ValueError" in log.text


def test_noisy_loggers_say_nothing_below_a_warning(log: Log) -> None:
    for name in ("aiohttp.access", "httpx", "telegram", "telegram.Bot"):
        logging.getLogger(name).info("GET /webhook %s", CANARY)
    assert log.text == ""


def test_level_and_second_set_up() -> None:
    first, second = Log(), Log()
    undo_first = logs.set_up("info", "json", stream=first.stream)
    undo_second = logs.set_up("error", "json", stream=second.stream)
    OWN.warning("quiet")
    OWN.error("loud")
    undo_second()
    undo_first()
    assert first.text == ""
    assert [line["event"] for line in second.lines] == ["loud"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_json"), [(io.StringIO(), True), (_Terminal(), False)])
def test_auto_is_text_on_a_terminal_and_json_elsewhere_and_never_coloured(stream: io.StringIO, is_json: bool) -> None:
    undo: Callable[[], None] = logs.set_up("info", "auto", stream=stream)
    OWN.info("hello")
    undo()
    written = stream.getvalue()
    assert written.startswith("{") is is_json
    assert "\x1b" not in written


def test_time_is_utc_with_milliseconds(json_log: Log) -> None:
    record = OWN.makeRecord(OWN.name, logging.INFO, "f", 1, "hello", (), None)
    record.created, record.msecs = 0.25, 250.0
    OWN.handle(record)
    assert json_log.lines[0]["time"] == "1970-01-01T00:00:00.250Z"
