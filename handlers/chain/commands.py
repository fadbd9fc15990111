"""Sixth link: words that work everywhere (menu, back, human, …) and the names of languages."""

from __future__ import annotations

from core.messages import Inbound
from flows import engine
from flows.program import Command
from handlers.chain.words import command_of, typed
from handlers.talk import Talk
from handlers.waits import stop_waiting, tell_how_long
from i18n.negotiate import recognise

__all__ = ["obey", "take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Obey a command, unless the open step refuses them; a language's name changes the language at any time."""
    step = engine.open_step(talk.run)
    if step is not None and step.spec.commands == "off":
        return False
    command = command_of(talk, message)
    if command is not None:
        obey(talk, command)
        return True
    text = typed(message)
    free_text = step is not None and step.verb.name == "ask" and step.spec.type == "text"
    language = None if text is None or free_text else recognise(text, talk.program.languages)
    if language is None:
        return False
    talk.run.choose_language(language)
    talk.repeat_or_home()
    return True


def obey(talk: Talk, command: Command) -> None:
    """Do what a command says."""
    run = talk.run
    run.count(f"command.{command.id}")
    if _leads_to_human(talk, command) and talk.case is not None:
        talk.run.system("already_waiting", options=run.command_options("how_long", "stop_waiting", "menu"))
    elif _leads_to_human(talk, command) and (step := engine.open_step(run)) is not None and step.verb.human:
        engine.repeat(run)  # the question of consent is what stands between
    elif command.goto is not None:
        engine.go_to(run, command.goto)
    elif command.call is not None:
        flow = command.call
        if engine.open_step(run) is not None:
            engine.interrupt(run, flow)
        else:
            engine.begin(run, talk.program.place(flow, ""))
    elif command.action == "back":
        if not engine.back(run):
            run.system("nothing_to_go_back")
            talk.repeat_or_home()
    elif command.action == "restart":
        talk.start()
    elif command.action == "how_long":
        tell_how_long(talk)
    elif command.action == "stop_waiting":
        stop_waiting(talk)


def _leads_to_human(talk: Talk, command: Command) -> bool:
    target = command.call or command.goto
    if target is None:
        return False
    place = talk.program.place(target, "")
    steps = talk.program.flows[place.flow].steps.values()
    return command.id == "human" or (command.call is not None and any(step.verb.human for step in steps))
