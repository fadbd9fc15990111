"""Loading a bot: the small bot is clean, mistakes are told all at once, and nothing an editor writes raises."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.findings import render
from flows.program import Place, option_token
from flows.values import Value
from tests.fakes.bots import BERLIN, MINI, change, codes, copy_bot, lines, loaded, mini, program


def test_the_small_bot_is_clean():
    result = loaded(MINI)
    assert [(one.code, one.message) for one in result.findings] == []
    assert result.program is not None


def test_the_shipped_bot_can_be_used():
    result = loaded(BERLIN)
    assert [one for one in result.findings if one.level == "error"] == []
    assert result.program is not None
    assert result.program.bot == "berlin"


def test_what_the_program_knows():
    bot = program()
    assert bot.home == Place("start", "main")
    assert list(bot.flows) == ["intake", "start"]
    start = bot.flows["start"]
    assert start.steps["hello"].next == "main"
    assert start.steps["human"].next is None
    assert start.vars["case.children"] == "number"
    first = start.steps["hello"].condition
    assert first is not None
    assert first.holds(lambda name: None)
    children: dict[str, Value] = {"case.children": 2, "case.housing": "none"}
    assert start.steps["urgent"].conditions["if", 0, "when"].holds(children.get)
    assert start.steps["main"].texts["ask"] == "Ask a question"
    renamed = bot.step("intake", "postcode")
    assert renamed is not None
    assert renamed.id == "plz"
    assert bot.faq_topics == {"unpaid": "work", "contract": "work"}
    assert bot.queues["advice"].hours.is_open(1_782_900_000_000)  # a Wednesday, 12:00 in Berlin
    assert set(bot.hooks) == {"find_office"}


def test_words_of_commands_per_language():
    words = program().words
    assert words["ar"]["مستشار"] == "human"
    assert words["ar"]["counsellor"] == "human"
    assert words["en"]["menu"] == "menu"
    assert words["en"]["/human"] == "human"
    assert "مستشار" not in words["en"]


def test_tokens_lead_back_to_their_options_also_under_old_names():
    tokens = program().tokens
    assert tokens[option_token("start", "main", "ask")] == ("start", "main", "ask")
    assert tokens[option_token("intake", "plz", "skip")] == ("intake", "plz", "skip")
    assert tokens[option_token("intake", "postcode", "skip")] == ("intake", "plz", "skip")
    assert tokens[option_token("", "commands", "menu")] == ("", "commands", "menu")
    assert tokens[option_token("", "faq", "unpaid")] == ("", "faq", "unpaid")
    assert tokens[option_token("", "erase", "yes")] == ("", "erase", "yes")


def test_texts_of_the_framework_can_be_worded_anew(tmp_path):
    bot = mini(tmp_path)
    with (bot / "bot.yaml").open("a") as file:
        file.write("texts:\n  not_understood: What?\n")
    texts = program(bot).texts
    assert texts["not_understood"] == ("texts.not_understood", "What?")
    assert texts["menu"] == ("streetwork.menu", "Main menu")


def test_the_release_changes_with_every_content(tmp_path):
    bot = mini(tmp_path)
    first = program(bot).release
    assert program(bot).release == first
    assert len(first) == 12
    for file, old, new in (
        ("start.yaml", "Hello! I am a program.", "Hello, I am a program."),
        ("hooks.py", "office of", "the office of"),
        ("locales/ar/LC_MESSAGES/messages.po", "في مأوى", "في الملجأ"),
    ):
        change(bot, file, old, new)
        now = program(bot).release
        assert now != first
        first = now


def test_a_translation_reaches_the_faq():
    found = program().faq.search("صاحب العمل لا يدفع", "ar", 1)
    assert found[0].id == "unpaid"


TEN_MISTAKES = """flow: broken
vars:
  age: number
inputz: {}

steps:
  hello:
    say: Room #5
  hello:
    say: Again
  ask_age:
    ask: How old are you?
    type: nuber
    save: age
  menu:
    menu: What now?
    options:
      human: A human -> humann
      menu: Menu -> start.mian
  both:
    say: Hello
    goto: hello
  nothing:
    sya: Hello
  call:
    handoff: advise
    say: Thank you, {nmae}.
"""


def test_ten_mistakes_give_ten_findings_with_their_lines(tmp_path):
    bot = mini(tmp_path)
    (bot / "broken.yaml").write_text(TEN_MISTAKES)
    result = loaded(bot)
    assert result.program is None
    found = [(one.line, one.code, one.suggestion) for one in result.findings if one.code[0] == "E"]
    assert found == [
        (4, "E104", "inputs"),
        (8, "E007", None),
        (9, "E003", None),
        (13, "E106", "number"),
        (18, "E201", None),
        (19, "E201", "start.main"),
        (22, "E102", None),
        (24, "E103", "say"),
        (26, "E203", "advice"),
        (27, "E213", None),
    ]


def test_findings_come_in_order_and_can_be_shown(tmp_path):
    bot = mini(tmp_path)
    change(bot, "start.yaml", "    not_helped: human", "    not_helped: humann")
    result = loaded(bot)
    shown = render(result.findings, result.sources)
    assert "did you mean “human”?" in shown
    assert "    not_helped: humann" in shown
    assert list(result.findings) == sorted(result.findings, key=lambda one: one.sort_key())


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "suggestion"),
    [
        ("start.yaml", "helped: main\n", "helped: mein\n", "E201", "main"),
        ("bot.yaml", "goto: start.human", "goto: start.humen", "E201", "start.human"),
        ("bot.yaml", "goto: start.human", "goto: strat.human", "E202", "start.human"),
        ("bot.yaml", "start: start", "start: starts", "E202", "start"),
        ("start.yaml", "call: intake", "call: intak", "E202", "intake"),
        ("start.yaml", 'topic: "{topic}"', 'topics: "{topic}"', "E212", "topic"),
        ("start.yaml", 'topic: "{topic}"', 'topic: "{topik}"', "E204", "topic"),
        ("start.yaml", "handoff: advice", "handoff: advise", "E203", "advice"),
        ("start.yaml", "topics: [work]", "topics: [wrok]", "E206", "work"),
        ("start.yaml", "hook: find_office", "hook: find_offise", "E210", "find_office"),
        ("start.yaml", "when: case.children > 0", "when: case.childern > 0", "E204", "case.children"),
        ("start.yaml", 'is "none"', 'is "nobody"', None, None),
        ("start.yaml", "office is {office}", "office is {ofice}", "E213", "{office}"),
        ("start.yaml", "{fact.minimum_wage}", "{fact.minimun_wage}", "E205", "{fact.minimum_wage}"),
        ("bot.yaml", "offered: [ar, en]", "offered: [ar, en]\n  fallback: {ar: [fr]}", "E208", None),
        ("bot.yaml", "channels: [telegram, webchat]", "channels: [telegramm, webchat]", "E209", "telegram"),
        ("bot.yaml", "hours: Mo-Fr 09:00-17:00", "hours: Mo-Xx 09:00-17:00", "E706", None),
        ("intake.yaml", "was: [postcode]", "was: [children]", "E215", None),
        ("intake.yaml", "min: 0", "min: none", "E106", None),
        ("intake.yaml", "retries: 1", "retries: many", "E106", None),
        ("intake.yaml", "flow: intake", "flow: intakes", "E108", None),
        ("facts.yaml", "from: 2027-01-01", "from: 2026-12-01", "E702", None),
        ("crisis.yaml", "suicid*]", '"!!!"]', "E707", None),
        ("faq/work.yaml", "review_by: 2027-06-01\n\n", "review_by: soon\n\n", "E106", None),
    ],
)
def test_each_mistake_gives_one_finding_on_its_line(tmp_path, file, old, new, code, suggestion):
    bot = mini(tmp_path)
    line = change(bot, file, old, new)
    line += new.count("\n") if code == "E208" else 0
    result = loaded(bot)
    if code is None:
        assert result.program is not None  # outputs of another flow: its options are not known here
        return
    assert codes(result, levels="E") == [code]
    assert lines(result, code)[0] == (file.rsplit("/", 1)[-1], line)
    assert [one.suggestion for one in result.findings if one.code == code] == [suggestion]


def test_a_file_that_is_no_yaml_at_all_hides_nothing_else(tmp_path):
    bot = mini(tmp_path)
    (bot / "start.yaml").write_text("[" * 5000)
    line = change(bot, "intake.yaml", "type: number", "type: nuumber")
    result = loaded(bot)
    assert set(codes(result)) >= {"E005", "E106"}
    assert ("intake.yaml", line) in lines(result, "E106")
    assert not [one for one in result.findings if one.code in ("E201", "E202")]


def test_a_folder_without_bot_yaml(tmp_path):
    result = loaded(tmp_path)
    assert codes(result) == ["E109"]
    assert result.program is None


def test_hooks_that_do_not_load_are_told_with_their_line(tmp_path):
    bot = mini(tmp_path)
    (bot / "hooks.py").write_text('"""Doc."""\n\nraise RuntimeError("no")\n')
    result = loaded(bot)
    assert codes(result) == ["E211"]
    assert lines(result, "E211") == [("hooks.py", 3)]
    (bot / "hooks.py").write_text("def find_office(:\n")
    assert codes(loaded(bot)) == ["E211"]


def test_a_plain_function_is_no_hook(tmp_path):
    bot = mini(tmp_path)
    change(bot, "hooks.py", "async def find_office", "def find_office")
    assert codes(loaded(bot)) == ["E210"]


def test_edited_hooks_are_loaded_anew(tmp_path):
    bot = mini(tmp_path)
    first = program(bot).hooks["find_office"]
    change(bot, "hooks.py", "office of", "the office of")
    assert program(bot).hooks["find_office"] is not first


def test_an_answer_that_is_due_for_review_is_told(tmp_path):
    bot = mini(tmp_path)
    line = change(bot, "faq/work.yaml", "review_by: 2027-06-01\n\n", "review_by: 2026-06-30\n\n")
    result = loaded(bot)
    assert codes(result) == ["W511"]
    assert lines(result, "W511") == [("work.yaml", line)]


FILES = ["bot.yaml", "start.yaml", "intake.yaml", "facts.yaml", "crisis.yaml", "faq/work.yaml"]


@pytest.fixture(scope="module")
def mutable(tmp_path_factory):
    return copy_bot(MINI, tmp_path_factory.mktemp("mutable"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(FILES),
    st.integers(0, 2_000),
    st.integers(0, 30),
    st.sampled_from(
        ["", "x", ": ", "\n", "  ", "- ", "[", "{", '"', "'", "#", "\t", "no", "0", "٣", "->", "&a ", "*a"]
    ),
)
def test_no_change_of_a_file_raises(mutable, file, at, length, new):
    path = mutable / file
    before = (MINI / file).read_text(encoding="utf-8")
    at = min(at, len(before))
    path.write_text(before[:at] + new + before[at + length :], encoding="utf-8")
    try:
        result = loaded(mutable)
    finally:
        path.write_text(before, encoding="utf-8")
    assert (result.program is None) == any(one.level == "error" for one in result.findings)
    render(result.findings, result.sources)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*FILES, "locales/ar/LC_MESSAGES/messages.po"]), st.binary(max_size=120))
def test_no_bytes_raise(mutable, file, raw):
    path = mutable / file
    try:
        path.write_bytes(raw)
        result = loaded(mutable)
    finally:
        path.write_bytes((MINI / file).read_bytes())
    assert (result.program is None) == any(one.level == "error" for one in result.findings)
