"""Every code a finding can carry: what it is called, what it means for the person chatting, how to mend it.

The first letter is the level: E blocks, W warns, H hints. The number is stable and never used again for something else:
0 syntax, 1 structure, 2 references, 3 logic, 4 channels, 5 texts and translations, 6 guarantees, 7 data, 8 words,
9 release (only told by ``streetwork check --release``).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CODES", "Code"]


class Code(NamedTuple):
    """One kind of finding."""

    title: str
    #: What it means for the person chatting.
    meaning: str
    #: How to mend it.
    remedy: str


_NOT_LOADED = "The file cannot be read, so nothing of it reaches anybody."
_WRONG_TEXT = "People would read something else than what is written here."
_NOWHERE = "Whoever comes here would be led to nowhere."
_STUCK = "Whoever comes here is stuck, and a person in need gives up."

CODES: dict[str, Code] = {
    "E001": Code("the file is not UTF-8", _NOT_LOADED, "Save the file as UTF-8."),
    "E002": Code("a tab", _NOT_LOADED, "Indent with spaces, two for each level."),
    "E003": Code("a name is given twice", "Only one of the two would ever be used.", "Rename or remove one of them."),
    "E004": Code("an anchor, alias, merge key or tag", _NOT_LOADED, "Write the words out, or put the text in quotes."),
    "E005": Code("nested too deep", _NOT_LOADED, "A bot file needs a few levels only; look for stray brackets."),
    "E006": Code("an invisible direction mark", "It can turn a text or a number around.", "Delete the invisible mark."),
    "E007": Code("a text is cut at #", _WRONG_TEXT, "Put the text in quotes, or on its own lines after |."),
    "E008": Code("a text in braces", _WRONG_TEXT, "Write each key on a line of its own, without braces."),
    "E009": Code("a colon in a text", _NOT_LOADED, "Put this text in quotes, or on its own lines after |."),
    "E010": Code("a quote is not closed", _NOT_LOADED, "Close the quote, or put the text on its own lines after |."),
    "E011": Code("wrong indentation", _NOT_LOADED, "Give all keys of one level the same number of spaces."),
    "E012": Code(
        "not readable as YAML", _NOT_LOADED, "Compare the line with its neighbours, or put its text in quotes."
    ),
    "E013": Code(
        "a text begins with a sign of YAML", _NOT_LOADED, "Put the text in quotes, or on its own lines after |."
    ),
    "E014": Code("a colon is missing", _NOT_LOADED, "Write key: text, with a space after the colon."),
    "E015": Code("a bracket is not closed", _NOT_LOADED, "Close the bracket, or write the list with one - a line."),
    "E016": Code("more than one document", "Everything after --- would be lost.", "Remove the line ---."),
    "E017": Code("a sign that cannot be shown", _NOT_LOADED, "Delete the sign, or write it in another way."),
    "E101": Code("something is missing", "The bot cannot do this step without it.", "Add the missing key."),
    "E102": Code("two verbs in one step", "It is not clear what the bot shall do.", "Make two steps of it."),
    "E103": Code(
        "a step without a verb", "The bot would not know what to do here.", "Write one verb, such as say or menu."
    ),
    "E104": Code("an unknown key", "It would have no effect.", "Correct the key or remove it."),
    "E105": Code("the wrong kind of value", "The bot cannot read this.", "Write it as shown in the reference."),
    "E106": Code("a value that does not fit", "The bot cannot use this value.", "Write a value that fits."),
    "E107": Code(
        "not a name", "Other steps cannot refer to it.", "Use small letters, digits and _, beginning with a letter."
    ),
    "E108": Code("flow and file have different names", "The flow would not be found.", "Give both the same name."),
    "E109": Code(
        "there is no bot.yaml", "Without it there is no bot.", "Write bot.yaml, or start with: streetwork new."
    ),
    "E110": Code("no steps", "Whoever enters this flow gets no answer.", "Add at least one step under steps:."),
    "E111": Code("the same name in two places", "Only one of the two would ever be shown.", "Rename one of them."),
    "E112": Code("a file cannot be opened", _NOT_LOADED, "Check that the file exists and may be read."),
    "E113": Code("fallbacks in a circle", "People would be sent to nobody.", "Let one of them have no fallback."),
    "E201": Code("no such step", _NOWHERE, "Write the name of a step: step, or flow.step."),
    "E202": Code("no such flow", _NOWHERE, "Write the name of a flow file, without .yaml."),
    "E203": Code("no such queue", "No human would ever see the case.", "Name a queue of bot.yaml."),
    "E204": Code(
        "no such variable", "The value would always be missing.", "Declare it under vars, or save an answer in it."
    ),
    "E205": Code("no such fact", "The text would have a hole.", "Name a fact of facts.yaml."),
    "E206": Code("no such FAQ topic", "The search would find nothing.", "Name the topic of a file in faq/."),
    "E208": Code("no such language", "Nobody could be answered in it.", "Name a language under languages: offered."),
    "E209": Code("no such channel", "Nobody could be reached there.", "Name a channel this installation has."),
    "E210": Code("no such hook", "The step would fail every time.", "Write the function in hooks.py as async def."),
    "E211": Code("hooks.py does not load", "Every hook of the bot would fail.", "Mend the Python error."),
    "E212": Code(
        "the called flow has no such input", "The value would be lost.", "Declare it under inputs of that flow."
    ),
    "E213": Code(
        "an unknown value in a text", "People would read a text with a hole.", "Correct the name in the braces."
    ),
    "E214": Code("a condition that cannot be read", "The branch would never be taken.", "Write for example: age < 18."),
    "E215": Code("an old name is in use", "Old buttons would lead to the wrong step.", "Remove the name from was:."),
    "E216": Code("no such text of the framework", "Your wording would never be shown.", "Correct the id under texts:."),
    "E217": Code(
        "no such entry, rumour or centre", "Nobody would be led there.", "Write an id that exists, or add the entry."
    ),
    "E301": Code("a loop without a question", _STUCK, "Let the loop pass a step that waits for an answer."),
    "E302": Code("flows call each other without end", _STUCK, "Remove one of the calls, or ask something in between."),
    "E303": Code(
        "reminders out of order", "A reminder would never come.", "Give each reminder a later time than the one before."
    ),
    "E304": Code("a question without an end", _STUCK, "Let give_up or the last timeout lead to another step."),
    "E305": Code("flows call each other in a circle", _STUCK, "Use goto instead of call: each round goes deeper."),
    "W301": Code("a step nobody reaches", "Nobody will ever read it.", "Lead to it from somewhere, or remove it."),
    "W302": Code(
        "the flow just ends here",
        "People do not learn how to go on.",
        "Write then:, or close the flow with an end step.",
    ),
    "E306": Code(
        "an intake without a handoff",
        "Whoever asks for a human comes to none.",
        "Add a handoff step to the flow.",
    ),
    "W304": Code(
        "many questions before a human",
        "People who need a human give up on the way.",
        "Ask at most three things; the counsellor asks the rest.",
    ),
    "W305": Code(
        "a question that cannot be skipped",
        "Whoever does not want to answer comes to no human.",
        "Give it skip or other, and a timeout with goto.",
    ),
    "W303": Code("reminders after one that leaves", "These reminders never come.", "Put the reminder with goto last."),
    "W306": Code(
        "no menu leads there",
        "Whoever cannot put it into words never finds it.",
        "Add a faq, browse or referral step for its topic, or name it under centres: of an answer.",
    ),
    "W307": Code(
        "too many taps away",
        "People in need give up before.",
        "Put it further up in its file, shorten the menus, or make a topic of its own.",
    ),
    "E401": Code("a label is too long", "The messenger would cut the button.", "Shorten the label in this language."),
    "W402": Code(
        "a text is too long for one message", "It arrives in several pieces.", "Shorten it, or make two steps of it."
    ),
    "H403": Code("more options than buttons", "People get a numbered list to answer by number.", "Group the options."),
    "W404": Code(
        "a title is too long for a button",
        "The button is cut there; the whole is listed in the text.",
        "Write a title of 24 signs at most in this language.",
    ),
    "E501": Code("the catalogue cannot be read", "Everybody of this language reads the source text.", "Mend the file."),
    "W501": Code(
        "no translation", "These people read the text in another language.", "Translate the text in the catalogue."
    ),
    "W502": Code(
        "a translation is marked fuzzy", "It is not used until somebody checked it.", "Check it and remove the mark."
    ),
    "W503": Code("a translation is older than its text", "It is not used.", "Run pybabel update and translate anew."),
    "W504": Code(
        "a whole language is missing", "These people read everything in another language.", "Add the catalogue."
    ),
    "E505": Code(
        "a translation has lost or changed a value", "People would miss a value.", "Keep every {name} as it is."
    ),
    "E506": Code(
        "plural forms in the wrong place", "People would read the wrong number.", "Correct the Plural-Forms header."
    ),
    "W507": Code(
        "a translation says something else", "People may get a wrong number.", "Compare with the source text."
    ),
    "W508": Code(
        "a number typed into a text",
        "When the number changes, this text stays wrong.",
        "Put it into facts.yaml: {fact.id}.",
    ),
    "H509": Code(
        "a translation like its source", "Perhaps it was never translated.", "Translate it, or leave it if it is right."
    ),
    "H510": Code(
        "few example questions", "The search finds this answer less often.", "Add at least two examples a language."
    ),
    "W511": Code(
        "an answer to be checked again",
        "People may read something outdated.",
        "Open the source, correct the answer and its dates.",
    ),
    "W512": Code(
        "a gap is missing in a translation",
        "A counsellor would not see what to fill in.",
        "Write […] as often as the text does.",
    ),
    "W517": Code("the same question twice", "The search cannot tell the two apart.", "Leave it where it fits best."),
    "W513": Code("a centre that has ended", "It is not shown any more.", "Correct its dates, or take it out."),
    "H514": Code("a long text to share", "In a group nobody reads more.", "Make two sentences of it."),
    "H515": Code(
        "the staff cannot read everything",
        "A counsellor does not see in their own language what the person read.",
        "Translate the texts in the catalogue of this language.",
    ),
    "H516": Code("no short title", "On a button the question is cut.", "Write a title of 24 signs at most."),
    "H518": Code(
        "a period typed into a text",
        "When the law changes, this text stays wrong.",
        "If a law sets it, put it into facts.yaml: {fact.id}.",
    ),
    "H519": Code(
        "a centre without its district",
        "Who asks for the nearest centre is not told how near it is.",
        "Write district, where that is known; an office for the whole city needs none.",
    ),
    "W521": Code("what the search learned cannot be read", "It answers with less care.", "Run streetwork faq tune."),
    "H522": Code(
        "the search has to be tuned",
        "New texts are found less well, and nobody fitted when the bot may answer.",
        "Run streetwork faq tune.",
    ),
    "E601": Code("no way to a human", _STUCK, "Turn commands on here, or lead to a handoff."),
    "E602": Code("no way to the menu", _STUCK, "Turn commands on here, or lead to the main menu."),
    "E603": Code("no way to stop", "People could not make the bot fall silent.", "Add a command with action: stop."),
    "E604": Code(
        "the way to a human can fail",
        "People who ask for a human would not get one.",
        "Lead every branch to a handoff.",
    ),
    "E605": Code(
        "no command for a human", "Nobody could ask for a human in their own words.", "Add a command named human."
    ),
    "E607": Code(
        "no word to withdraw consent",
        "People are asked for consent and could never take it back.",
        "Add a command with action: withdraw.",
    ),
    "E606": Code("no command for the menu", "Nobody could leave a dead end.", "Add a command menu that leads to home."),
    "E701": Code("a value of the wrong type", "The comparison would never be true.", "Compare like with like."),
    "E702": Code(
        "a fact with two values at once",
        "Two people could read two numbers.",
        "Let one value end before the next begins.",
    ),
    "W703": Code(
        "a fact without a value for a time", "The text has a hole on these days.", "Add the value for the gap."
    ),
    "H704": Code(
        "a value that ends soon", "After it people read a text with a hole.", "Look up the new value and add it."
    ),
    "E708": Code(
        "a value that does not follow from its formula",
        "One of two numbers people read is wrong.",
        "Compute it again, or correct the value it follows from.",
    ),
    "E709": Code(
        "a formula that leads nowhere", "The value cannot be checked.", "Name another fact that is a number under of:."
    ),
    "H710": Code(
        "a new value that can be computed", "The next value is known already.", "Add it, with its source and dates."
    ),
    "W711": Code(
        "a value to be looked up again", "People may read an old number.", "Open the source, correct value and dates."
    ),
    "W712": Code(
        "a help number without a source",
        "In danger people may call a wrong number.",
        "Name it under numbers: with its certainty and source, or take it out.",
    ),
    "W705": Code("a variable that is never written", "It is always empty.", "Save an answer in it, or remove it."),
    "E706": Code(
        "opening hours that cannot be read",
        "Nobody knows when a human answers.",
        "Write for example Mo-Fr 09:00-17:00.",
    ),
    "E707": Code("a phrase without words", "Nothing would be recognised.", "Write a phrase with letters."),
    "E901": Code(
        "a draft", "People read what the team has not checked.", "Read it, open its source, then status: reviewed."
    ),
    "E902": Code("not checked again in time", "People may read something outdated.", "Open the source and look again."),
    "E903": Code("a text nobody has read", "A mistake would reach people.", "Read it, then: streetwork review."),
    "E904": Code(
        "a translation nobody has read",
        "A wrong translation would reach people.",
        "Have somebody read it who speaks the language, then: streetwork review.",
    ),
    "E905": Code("a value nobody has looked up", "People may act on a wrong number.", "Look it up, or take it out."),
    "E801": Code("a word for two options", "The bot would take the wrong one.", "Let each word mean one option."),
    "W802": Code(
        "an option that is also a command",
        "Only one of the two works here: the option, or for stop, privacy and erase the command.",
        "Choose another word.",
    ),
    "E803": Code("a word for two commands", "The bot would do the wrong thing.", "Let each word mean one command."),
}
