"""What holds for all tests: pages get time on a busy machine. Nothing waits for it that is there already."""

from __future__ import annotations

from playwright.async_api import expect

expect.set_options(timeout=20_000)
