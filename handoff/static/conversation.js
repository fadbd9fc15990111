// The middle and the right column: one case. Lines are added and mended in place, so that a screen reader hears
// only what is new, and a reader's place and selection stay.

import { drawFile } from "./files.js";
import { channelName, duration, fill, hasWord, languageName, moment, number, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const template = byId("line");
const scroll = byId("scroll");

// Of the case that is shown: its number, its lines by seq, and the elements that show them.
let current = null;
let lines = new Map();
let elements = new Map();
// The reader is at the newest line and wants to stay there.
let sticks = true;
let top = 0;

/** The number of the first line that is there, to ask for earlier ones. */
export const firstLine = () => Math.min(...lines.keys());

/** Show no case. */
export function clearCase(key = "conversation.none") {
  current = null;
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
  drawHead(view);
  drawLines();
  drawFacts(view);
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

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;

function moved() {
  // Room that shrinks moves the end away, but only a reader moves up.
  sticks = atEnd() || (sticks && scroll.scrollTop >= top);
  top = scroll.scrollTop;
  if (sticks) byId("newer").hidden = true;
}

scroll.addEventListener("scroll", moved, { passive: true });
// The composer, a phone's keyboard or a folded part change the room there is: whoever was at the end stays there.
new ResizeObserver(() => sticks && toEnd()).observe(scroll);
byId("newer").addEventListener("click", toEnd);

function start(caseNumber) {
  current = caseNumber;
  lines = new Map();
  elements = new Map();
  for (const id of ["lines", "bot-lines", "notes"]) byId(id).replaceChildren();
  byId("bot").open = false;
  byId("newer").hidden = true;
  byId("case").hidden = false;
  byId("facts").hidden = false;
  byId("nothing").hidden = true;
}

function drawHead({ card, verbs }) {
  const title = byId("case-title");
  const bits = [card.number, languageName(card.language), channelName(card.channel)];
  if (card.state === "waiting") bits.push(duration(Date.now() - card.since));
  title.replaceChildren(
    ...bits.flatMap((bit, n) => {
      const isolated = document.createElement("bdi");
      isolated.textContent = bit;
      return n ? [document.createTextNode(" · "), isolated] : [isolated];
    }),
  );
  for (const button of document.querySelectorAll("[data-act]")) button.hidden = !verbs.includes(button.dataset.act);
}

function drawLines() {
  const folded = [...lines.values()].filter((line) => line.bot_part && ["person", "bot"].includes(line.author));
  byId("bot").hidden = !folded.length;
  const count = number(folded.length) + (byId("earlier").hidden ? "" : "+");
  fill(byId("bot").querySelector("summary"), "conversation.bot", { count });
  for (const seq of [...lines.keys()].sort((one, other) => one - other)) {
    const line = lines.get(seq);
    const known = elements.get(seq);
    if (known) {
      drawDelivery(known, line);
      drawFile(known.querySelector(".file"), line, current);
    } else place(seq, drawLine(line), byId(line.bot_part ? "bot-lines" : "lines"));
  }
}

function place(seq, element, list) {
  element.dataset.seq = seq;
  elements.set(seq, element);
  list.insertBefore(element, [...list.children].find((other) => Number(other.dataset.seq) > seq) ?? null);
}

function drawLine(line) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.dataset.author = line.author;
  item.dataset.kind = line.kind;
  item.querySelector(".who").textContent = line.name || word(`who.${line.author}`);
  const time = item.querySelector("time");
  time.dateTime = new Date(line.at).toISOString();
  time.textContent = moment(line.at);
  item.querySelector(".text").textContent = line.text ?? "";
  drawKind(item.querySelector(".kind"), line);
  drawOptions(item.querySelector(".options"), line.options ?? []);
  drawDelivery(item, line);
  drawFile(item.querySelector(".file"), line, current);
  return item;
}

function drawKind(element, line) {
  const detail = line.detail ?? {};
  if (line.kind === "mark") {
    const key = `mark.${detail.mark}`;
    const outcome = hasWord(`outcome.${detail.outcome}`) ? word(`outcome.${detail.outcome}`) : "";
    const why = hasWord(`file.reason.${detail.reason}`) ? word(`file.reason.${detail.reason}`) : detail.reason;
    if (hasWord(key)) fill(element, key, { outcome, reason: why ?? "" });
    else element.textContent = detail.mark;
  } else if (line.kind !== "text") {
    const media = hasWord(`media.${detail.media}`) ? word(`media.${detail.media}`) : detail.media;
    fill(element, `kind.${line.kind}`, { media: media ?? "", file: detail.file ?? "", place: detail.place ?? "" });
  }
  element.hidden = !element.textContent;
}

function drawOptions(list, labels) {
  list.hidden = !labels.length;
  list.setAttribute("aria-label", word("options"));
  list.replaceChildren(
    ...labels.map((label) => {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = label;
      return item;
    }),
  );
}

function drawDelivery(item, line) {
  const element = item.querySelector(".delivery");
  element.hidden = !line.delivery;
  if (!line.delivery) return;
  const state = word(`delivery.${line.delivery}`);
  if (element.textContent !== (line.reason ? `${state}: ${line.reason}` : state)) {
    const reason = document.createElement("bdi");
    reason.textContent = line.reason ?? "";
    element.replaceChildren(state, ...(line.reason ? [": ", reason] : []));
  }
  element.dataset.state = line.delivery;
}

function drawFacts({ card, person, lines: shown }) {
  const facts = [
    ["facts.case", card.number],
    ["facts.name", person],
    ["facts.language", languageName(card.language)],
    ["facts.channel", channelName(card.channel)],
    ["facts.since", `${moment(card.since)} (${duration(Date.now() - card.since)})`],
    ["facts.urgency", word(`urgency.${card.urgency}`)],
    ["facts.owner", card.owner || word("facts.nobody")],
    ["facts.note", card.note],
  ];
  byId("fact-list").replaceChildren(...facts.filter(([, value]) => value).flatMap(([key, value]) => fact(key, value)));
  const notes = byId("notes");
  const known = new Set([...notes.children].map((item) => Number(item.dataset.seq)));
  for (const line of shown.filter((line) => line.kind === "note" && !known.has(line.seq))) {
    const item = drawLine(line);
    item.dataset.seq = line.seq;
    notes.append(item);
  }
  byId("fact-notes").hidden = !notes.children.length;
}

function fact(key, value) {
  const name = document.createElement("dt");
  name.textContent = word(key);
  const text = document.createElement("dd");
  // One value stands where the page's lines begin; a note is a text of its own.
  const inner = document.createElement(key === "facts.note" ? "p" : "bdi");
  inner.dir = "auto";
  inner.textContent = value;
  text.append(inner);
  return [name, text];
}

