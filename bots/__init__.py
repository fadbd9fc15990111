"""Channels, webhooks, polling and delivery: everything that talks to the world, and the composition root."""
