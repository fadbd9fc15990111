"""Pictures of a bot: every step and way is there, and the SVG is well formed and harmless."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from flows.graph import mermaid, svg
from tests.fakes.bots import BERLIN, MINI, change, copy_bot, mini, program

SVG = "{http://www.w3.org/2000/svg}"


def test_mermaid_has_every_step_and_way():
    text = mermaid(program(MINI))
    assert text.startswith("flowchart TD\n")
    assert 'start__main(["main · menu<br/>What can I do for you?"])' in text
    assert 'start__human{{"human · handoff' in text
    assert 'start__main -->|"human"| start__human' in text
    assert 'start__intake -->|"call"| intake__plz' in text


def test_one_flow_names_the_others_it_leads_to():
    text = mermaid(program(MINI), "intake")
    assert "subgraph flow_intake" in text
    assert "subgraph flow_start" not in text
    assert 'start__main["start.main"]' in text


def test_signs_of_mermaid_are_written_safely(tmp_path):
    bot = mini(tmp_path)
    change(bot, "start.yaml", "menu: What can I do for you?", "menu: 'Say \"A\" | <b> & #1'")
    assert "Say #quot;A#quot; #124; #lt;b#gt; #amp; #35;1" in mermaid(program(bot))


@pytest.mark.parametrize("bot", [MINI, BERLIN], ids=["mini", "berlin"])
def test_svg_is_well_formed_and_has_no_active_parts(bot):
    loaded = program(bot)
    drawn = svg(loaded)
    root = ET.fromstring(drawn)
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    for flow in loaded.flows.values():
        for step in flow.steps:
            assert step in texts
    allowed = {"svg", "title", "defs", "marker", "path", "rect", "text"}
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        assert not [name for name in element.attrib if name in ("style", "href") or name.startswith("on")]


def test_boxes_do_not_lie_on_each_other():
    root = ET.fromstring(svg(program(BERLIN)))
    boxes = [
        tuple(float(r.get(name, "0")) for name in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
        if r.get("x")
    ]
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_arabic_and_signs_are_kept(tmp_path):
    bot = copy_bot(MINI, tmp_path)
    change(bot, "start.yaml", "menu: What can I do for you?", "menu: كيف <يمكنني> مساعدتك؟")
    root = ET.fromstring(svg(program(bot)))
    assert "كيف <يمكنني> مساعدتك؟" in [element.text for element in root.iter(f"{SVG}text")]
