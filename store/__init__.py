"""The two backends of :class:`core.ports.Store` and the model they are held against. Only ``bots.app`` imports this."""
