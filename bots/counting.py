"""Where the parts of ``bots`` send their numbers; :class:`bots.metrics.Metrics` keeps them for Prometheus."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Metrics", "NoMetrics"]


class Metrics(Protocol):
    """Where numbers go. Labels never hold anything of a person."""

    def count(self, name: str, **labels: str) -> None:
        """Raise the counter ``name`` by one."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration."""


class NoMetrics:
    """Keeps no numbers."""

    def count(self, name: str, **labels: str) -> None:
        """Do nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Do nothing."""
