// The middle column: one case. Lines are added and mended in place, so that a screen reader hears only what is new, and
// a reader's place and selection stay.

import { drawFacts } from "./facts.js";
import { drawLine, mendLine } from "./lines.js";
import { channelName, dayAndClock, duration, fill, languageName, number, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const scroll = byId("scroll");

// Of the case that is shown: its number, its lines by seq, and the elements that show them.
let current = null;
let lines = new Map();
let elements = new Map();
let card = null;
// The reader is at the newest line and wants to stay there.
let sticks = true;
let top = 0;

/** The number of the first line that is there, to ask for earlier ones. */
export const firstLine = () => Math.min(...lines.keys());

/** Show no case. */
export function clearCase(key = "conversation.none") {
  current = null;
  card = null;
  lines = new Map();
  elements = new Map();
  byId("case").hidden = true;
  byId("facts").hidden = true;
  byId("nothing").hidden = false;
  byId("nothing").textContent = word(key);
}

/** Show a case, or what is new in the one that is shown. Returns how many new lines the person wrote. */
export function drawCase(view) {
  const fresh = view.card.number !== current;
  if (fresh) start(view.card.number);
  if (fresh) sticks = true;
  const before = lines.size;
  let fromPerson = 0;
  for (const line of view.lines) {
    if (!lines.has(line.seq) && line.author === "person") fromPerson += 1;
    lines.set(line.seq, line);
  }
  if (fresh || view.older) byId("earlier").hidden = !view.earlier;
  if (!view.older) drawHead(view);
  drawLines();
  if (!view.older) drawFacts(view, [...lines.values()]);
  if (sticks && !view.older) toEnd();
  else if (lines.size > before && !view.older) byId("newer").hidden = false;
  return fresh || view.older ? 0 : fromPerson;
}

/** Go to the newest line. */
export function toEnd() {
  sticks = true;
  scroll.scrollTop = scroll.scrollHeight;
  top = scroll.scrollTop;
  byId("newer").hidden = true;
}

/** Go to a line, if it is there; says whether it was. */
export function toLine(seq) {
  const element = elements.get(seq);
  if (!element) return false;
  if (byId("bot-lines").contains(element)) byId("bot").open = true;
  sticks = false;
  element.scrollIntoView({ block: "center" });
  element.tabIndex = -1;
  element.focus();
  return true;
}

/** Draw what the clock changes. */
export function redrawCase() {
  if (card) drawStanding(card);
}

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;

function moved() {
  // Room that shrinks moves the end away, but only a reader moves up.
  sticks = atEnd() || (sticks && scroll.scrollTop >= top);
  top = scroll.scrollTop;
  if (sticks) byId("newer").hidden = true;
}

scroll.addEventListener("scroll", moved, { passive: true });
// The composer, a phone's keyboard or a folded part change the room there is: whoever was at the end stays there.
const resized = new ResizeObserver(() => sticks && toEnd());
for (const element of [scroll, byId("lines"), byId("pending")]) resized.observe(element);
byId("newer").addEventListener("click", toEnd);

function start(caseNumber) {
  current = caseNumber;
  lines = new Map();
  elements = new Map();
  for (const id of ["lines", "bot-lines", "notes", "pending"]) byId(id).replaceChildren();
  byId("bot").open = false;
  byId("more-acts").open = false;
  byId("newer").hidden = true;
  byId("case").hidden = false;
  byId("facts").hidden = false;
  byId("nothing").hidden = true;
}

function drawHead({ card: shown, verbs }) {
  card = shown;
  const bits = [card.number, languageName(card.language), channelName(card.channel)];
  byId("case-title").replaceChildren(
    ...bits.flatMap((bit, n) => {
      const isolated = document.createElement("bdi");
      isolated.textContent = bit;
      return n ? [document.createTextNode(" · "), isolated] : [isolated];
    }),
  );
  const can = new Set(verbs);
  if (can.has("topic") || can.has("deadline")) can.add("facts");
  for (const button of document.querySelectorAll("[data-act]")) button.hidden = !can.has(button.dataset.act);
  byId("more-acts").hidden = ![...document.querySelectorAll("#more-acts [data-act]")].some((button) => !button.hidden);
  drawStanding(card);
}

// Whose turn it is and until when: waiting, put aside, offered; and how long a free reply still reaches the person.
function drawStanding({ state, since, owner, parked_until: until, offered_to: to, window_until: window }) {
  const line = byId("standing");
  line.hidden = false;
  if (state === "waiting") fill(line, "card.waits", { time: duration(Date.now() - since) });
  else if (state === "parked" && until) fill(line, "standing.parked", { time: dayAndClock(until) });
  else if (state === "parked") fill(line, "standing.parked_open");
  else if (state === "handing_over") fill(line, "standing.offered", { name: to ?? "", owner: owner ?? "" });
  else line.hidden = true;
  const clock = byId("window");
  clock.hidden = !window;
  if (!window) return;
  const left = window - Date.now();
  clock.dataset.soon = String(left < 4 * 3600000);
  if (left > 0) fill(clock, "window.open", { time: duration(left) });
  else fill(clock, "window.closed");
}

function drawLines() {
  const folded = [...lines.values()].filter((line) => line.bot_part && ["person", "bot"].includes(line.author));
  byId("bot").hidden = !folded.length;
  const count = number(folded.length) + (byId("earlier").hidden ? "" : "+");
  fill(byId("bot").querySelector("summary"), "conversation.bot", { count });
  for (const seq of [...lines.keys()].sort((one, other) => one - other)) {
    const line = lines.get(seq);
    const known = elements.get(seq);
    if (known) mendLine(known, line, current);
    else place(seq, drawLine(line, current), byId(line.bot_part ? "bot-lines" : "lines"));
  }
}

function place(seq, element, list) {
  elements.set(seq, element);
  list.insertBefore(element, [...list.children].find((other) => Number(other.dataset.seq) > seq) ?? null);
}
