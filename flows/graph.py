"""A bot as a picture: Mermaid text for documents, and SVG without scripts and styles, as a strict page wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from flows.program import Flow, Program, Step
from flows.ways import Node, Way, Ways

__all__ = ["mermaid", "svg"]

#: Words of a text that are shown in a box.
_SHOWN = 34
_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 230, 66, 30, 64, 24
_HEADING = 34
_LINE = 15

_FILLS = {"human": "#d7f0dd", "waits": "#e3ecfa", "acts": "#ffffff"}
_STROKES = {"human": "#1f7a3d", "waits": "#2b5fa8", "acts": "#7a7a7a"}


#: Signs that mean something to Mermaid, as it wants them written.
_MERMAID = {"#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "|": "#124;"}


def _ways(program: Program) -> Ways:
    home = f"{program.home.flow}.{program.home.step}"
    return Ways.of(program.flows, program.commands, home=home, start=program.spec.start)


def _flows(program: Program, flow: str | None) -> list[Flow]:
    return [program.flows[flow]] if flow is not None else list(program.flows.values())


def _kind(step: Step) -> str:
    return "human" if step.verb.human else "waits" if step.verb.waits else "acts"


def _shown(step: Step) -> str:
    """Return the beginning of what the step says."""
    text = " ".join(step.texts.get("", "").split())
    clean = "".join(sign for sign in text if sign.isprintable())
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1].rstrip() + "…"


def _grouped(ways: Iterable[Way]) -> dict[Node | None, list[str]]:
    """Return the labels of the ways to each target, in order."""
    found: dict[Node | None, list[str]] = {}
    for way in ways:
        labels = found.setdefault(way.target, [])
        if way.label and way.label not in labels:
            labels.append(way.label)
    return found


# -- Mermaid -----------------------------------------------------------------------------------------------


def mermaid(program: Program, flow: str | None = None) -> str:
    """Return the flows (or one of them) as Mermaid flowchart text."""
    ways = _ways(program)
    chosen = _flows(program, flow)
    ids: dict[Node, str] = {}
    out = ["flowchart TD"]
    for one in chosen:
        out.append(f'  subgraph flow_{one.id}["{_quoted(one.id)}"]')
        for step in one.steps.values():
            ids[one.id, step.id] = f"{one.id}__{step.id}"
            text = _shown(step)
            label = _quoted(f"{step.id} · {step.verb.name}") + (f"<br/>{_quoted(text)}" if text else "")
            opening, closing = {"human": ("{{", "}}"), "waits": ("([", "])"), "acts": ("[", "]")}[_kind(step)]
            out.append(f'    {one.id}__{step.id}{opening}"{label}"{closing}')
        out.append("  end")
    outside: set[Node] = set()
    for one in chosen:
        for step in one.steps.values():
            for target, labels in _grouped(ways.ways[one.id, step.id]).items():
                if target is None:
                    continue
                if target not in ids:
                    outside.add(target)
                label = f'|"{_quoted(", ".join(labels))}"|' if labels else ""
                out.append(f"  {one.id}__{step.id} -->{label} {target[0]}__{target[1]}")
    out += [f'  {name}__{step}["{name}.{step}"]' for name, step in sorted(outside)]
    return "\n".join(out) + "\n"


def _quoted(text: str) -> str:
    return "".join(_MERMAID.get(sign, sign) for sign in text)


# -- SVG ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a step is drawn."""

    x: float
    y: float
    height: float


def svg(program: Program, flow: str | None = None) -> str:
    """Return the flows (or one of them) as an SVG picture: each flow in layers, ways to others named in the box."""
    ways = _ways(program)
    body: list[str] = []
    top = float(_MARGIN)
    width = 0.0
    for one in _flows(program, flow):
        boxes, right, bottom = _place(one, ways, top + _HEADING)
        body.append(_text(_MARGIN, top + 18, one.id, size=18, weight="bold", anchor="start"))
        told: dict[Node, int] = {}
        for step in one.steps.values():
            body += _arrows((one.id, step.id), boxes, ways, told)
        for step in one.steps.values():
            body += _draw(step, boxes[one.id, step.id], ways)
        top = bottom + _GAP_Y
        width = max(width, right)
    width, height = width + _MARGIN, top
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" font-family="sans-serif">'
    )
    title = f"<title>{_safe(program.spec.name)}</title>"
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#555555"/></marker></defs>'
    )
    ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fafafa"/>'
    return "\n".join([head, title, marker, ground, *body, "</svg>"]) + "\n"


def _layers(flow: Flow, ways: Ways) -> dict[Node, int]:
    """Return the row of each step: below every step above it in the file that leads to it."""
    rows: dict[Node, int] = {(flow.id, name): 0 for name in flow.steps}
    seen: set[Node] = set()
    lowest = -1
    for node in rows:
        reached = any(way.target == node for other in seen for way in ways.ways[other])
        if seen and not reached:
            rows[node] = lowest + 1  # only other flows lead here: a block of its own
        seen.add(node)
        lowest = max(lowest, rows[node])
        for way in ways.ways[node]:
            if way.target in rows and way.target not in seen:
                rows[way.target] = max(rows[way.target], rows[node] + 1)
    return rows


def _place(flow: Flow, ways: Ways, top: float) -> tuple[dict[Node, _Box], float, float]:
    """Return the boxes of a flow and their right and lower edge."""
    rows: dict[int, list[Node]] = {}
    for node, layer in _layers(flow, ways).items():
        rows.setdefault(layer, []).append(node)
    boxes: dict[Node, _Box] = {}
    right, y = 0.0, top
    for layer in sorted(rows):
        tallest = 0.0
        for column, node in enumerate(rows[layer]):
            height = _BOX_HEIGHT + _LINE * len(_away(node, ways))
            boxes[node] = _Box(_MARGIN + column * (_BOX_WIDTH + _GAP_X), y, height)
            tallest = max(tallest, height)
            right = max(right, boxes[node].x + _BOX_WIDTH)
        y += tallest + _GAP_Y
    return boxes, right, y - _GAP_Y


def _away(node: Node, ways: Ways) -> list[str]:
    """Return the ways that leave the flow, as words."""
    found = []
    for target, labels in _grouped(ways.ways[node]).items():
        if target is not None and target[0] != node[0]:
            found.append(f"{', '.join(labels)} → {target[0]}.{target[1]}".strip())
    return found


def _draw(step: Step, box: _Box, ways: Ways) -> list[str]:
    kind = _kind(step)
    middle = box.x + _BOX_WIDTH / 2
    corner = 18 if step.verb.waits else 4
    frame = (
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{_BOX_WIDTH}" height="{box.height:.0f}" rx="{corner}" '
        f'fill="{_FILLS[kind]}" stroke="{_STROKES[kind]}"/>'
    )
    out = [
        frame,
        _text(middle, box.y + 22, step.id, size=14, weight="bold"),
        _text(middle, box.y + 38, step.verb.name, size=11, fill="#555555"),
        _text(middle, box.y + 55, _shown(step), size=11),
    ]
    for index, words in enumerate(_away((step.flow, step.id), ways)):
        out.append(_text(middle, box.y + _BOX_HEIGHT + 4 + index * _LINE, words[:40], size=11, fill="#2b5fa8"))
    return out


def _arrows(node: Node, boxes: Mapping[Node, _Box], ways: Ways, told: dict[Node, int]) -> list[str]:
    """Draw the ways of a step inside its flow; ``told`` counts the labels above each box, so that none hides one."""
    out = []
    here = boxes[node]
    for target, labels in _grouped(ways.ways[node]).items():
        there = boxes.get(target) if target is not None else None
        if there is None or target is None:
            continue
        x1, y1 = here.x + _BOX_WIDTH / 2, here.y + here.height
        x2, y2 = there.x + _BOX_WIDTH / 2, there.y
        if y2 <= y1:  # upwards: around the right side
            x1, y1 = here.x + _BOX_WIDTH, here.y + here.height / 2
            x2, y2 = there.x + _BOX_WIDTH, there.y + there.height / 2
            curve = f"M{x1:.0f} {y1:.0f} C{x1 + 28:.0f} {y1:.0f} {x2 + 28:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
        else:
            half = (y1 + y2) / 2
            curve = f"M{x1:.0f} {y1:.0f} C{x1:.0f} {half:.0f} {x2:.0f} {half:.0f} {x2:.0f} {y2:.0f}"
        out.append(f'<path d="{curve}" fill="none" stroke="#555555" marker-end="url(#tip)"/>')
        words = ", ".join(labels)
        if words:
            count = told[target] = told.get(target, 0) + 1
            out.append(_text(there.x + _BOX_WIDTH / 2, there.y + 2 - 12 * count, words[:44], size=10, fill="#555555"))
    return out


def _text(
    x: float, y: float, words: str, *, size: int, weight: str = "normal", fill: str = "#1a1a1a", anchor: str = "middle"
) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{_safe(words)}</text>'
    )


def _safe(words: str) -> str:
    return escape("".join(sign for sign in words if sign.isprintable()))
