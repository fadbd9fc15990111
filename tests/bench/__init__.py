"""Measurements, side by side with other frameworks: ``make bench`` or ``python -m tests.bench``."""
