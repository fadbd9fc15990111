"""Reads the settings of this process: its environment and the TOML file that the environment may name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import SettingsError
from core.settings import SETTINGS_FILE, Declared, Settings, read_settings
from flows.channels import declared

__all__ = ["settings_of_process"]


def settings_of_process(environment: Mapping[str, str] | None = None, *, extra: Sequence[Declared] = ()) -> Settings:
    """Return the settings of ``environment`` (of this process by default) and of the file it names.

    Beside our own settings, those that installed channels declare are known, and ``extra``.
    Raises :class:`core.errors.SettingsError` with everything that is wrong.
    """
    values = os.environ if environment is None else environment
    extra = (*declared(), *extra)
    name = values.get(SETTINGS_FILE, "").strip()
    if not name:
        return read_settings(values, extra=extra)
    path = Path(name).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{SETTINGS_FILE} names {name}, which cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{SETTINGS_FILE} names {name}, which is not a text in UTF-8.") from None
    return read_settings(values, toml=text, source=name, extra=extra)
