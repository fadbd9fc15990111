"""Settings of a process: its environment and the file it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.environment import settings_of_process
from core.errors import SettingsError


def test_file_named_by_the_environment_is_read(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_text("PORT = 9000\nHOST = '0.0.0.0'\n", encoding="utf-8")
    settings = settings_of_process({"STREETWORK_SETTINGS": str(file), "PORT": "9001"})
    assert (settings.host, settings.port) == ("0.0.0.0", 9001)


def test_problem_in_the_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_text("PORT = 'x'", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"PORT in .*bot\.toml is 'x'"):
        settings_of_process({"STREETWORK_SETTINGS": str(file)})


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"STREETWORK_SETTINGS names .*none\.toml, which cannot be read"):
        settings_of_process({"STREETWORK_SETTINGS": str(tmp_path / "none.toml")})


def test_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not a text in UTF-8"):
        settings_of_process({"STREETWORK_SETTINGS": str(file)})


def test_own_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETWORK_LOG", "loud")
    with pytest.raises(SettingsError, match="STREETWORK_LOG"):
        settings_of_process()
