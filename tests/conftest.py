"""What holds for all tests: pages and random examples get time on a busy machine; nothing waits without need."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from playwright.async_api import expect

expect.set_options(timeout=20_000)

# How fast examples are drawn is the machine's affair.
settings.register_profile("any-machine", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")
