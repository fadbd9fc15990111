"""The flow language and its engine: pure apart from reading the bot folder. The shipped bot is in ``flows/berlin``."""
