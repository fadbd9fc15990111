"""The command line. Each command is a file in ``bots/commands``, imported only when it is used."""

from __future__ import annotations

import importlib
import sys

import click

from core.errors import StreetworkError

__all__ = ["main"]

#: Command -> (module, one line for the overview). Importing all of them would cost half a second at every start.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("serve", "Start everything on this machine: web pages, workers, Telegram."),
    "web": ("serve", "Serve only the web pages and webhooks."),
    "desk": ("serve", "Serve only the counsellors' desk."),
    "worker": ("serve", "Handle only turns, deliveries and outside calls."),
    "check": ("check", "Check a bot's folder; say every mistake with its line."),
    "test": ("test", "Run a bot's conversation tests in all its languages."),
    "chat": ("chat", "Talk to a bot in this terminal, without any server."),
    "rehearse": ("rehearse", "Let invented people in four languages write to a running desk, for training."),
    "facts": ("facts", "Show what will be said on a day, and which values have to be looked up."),
    "translations": ("translations", "Show how complete a bot is in each language, and what nobody has read."),
    "review": ("translations", "Note that somebody has read the texts of a bot in a language."),
    "ask": ("ask", "Show what a bot would do with a question."),
    "faq": ("faq", "Tune the search of a bot on its own examples, and measure it."),
    "graph": ("graph", "Draw a bot's flows as Mermaid or SVG."),
    "schema": ("schema", "Write the JSON Schema with which editors check the YAML files."),
    "new": ("new", "Make the folder of a new bot that works at once."),
    "staff": ("staff", "Add, list and lock the accounts of the desk."),
    "webhook": ("webhook", "Tell a messenger where to send messages, or ask where it sends them."),
    "store": ("store", "Back up, check, mend and copy the store."),
    "dead": ("dead", "List, show and revive events that could not be handled."),
    "forget": ("forget", "Erase everything about one person."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"bots.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            raise click.UsageError(f"{error.format_message()}{hint}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="streetwork", prog_name="streetwork")
def cli() -> None:
    """Streetwork: messenger bots for migration counselling.

    Start with `streetwork run` and open the pages it prints. Settings come from environment variables, or from the
    file that STREETWORK_SETTINGS names; the README lists them.
    """


def main() -> None:
    """Run the command line; an error of ours is one clear message and exit status 2, never a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except StreetworkError as error:
        click.echo(f"{click.style('Error', fg='red')} {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
