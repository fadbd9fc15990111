// The right column: what is known of the case, its files and notes; and the card that the bot hands over with it.

import { put } from "./bidi.js";
import { fileAddress } from "./files.js";
import { drawLine } from "./lines.js";
import {
  channelName, day, dayOf, duration, hasWord, languageName, moment, noteOf, number, topicName, word,
} from "./texts.js";

const byId = (id) => document.getElementById(id);
// Texts of people, with a direction of their own.
const TEXTS = new Set(["facts.note", "handover.said", "handover.asked", "handover.bot"]);

/** Draw everything beside the conversation. */
export function drawFacts(view, lines) {
  const { card, person } = view;
  list(byId("fact-list"), [
    ["facts.case", card.number],
    ["facts.name", person],
    ["facts.language", languageName(card.language)],
    ["facts.channel", channelName(card.channel) + (card.account ? ` (${card.account})` : "")],
    ["facts.topic", card.topic && topicName(card.topic)],
    ["facts.deadline", card.deadline && day(card.deadline)],
    ["facts.since", `${moment(card.since)} (${duration(Date.now() - card.since)})`],
    ["facts.urgency", reason(card)],
    ["facts.owner", card.owner || word("facts.nobody")],
    ["facts.consent", card.consent && consent(card.consent)],
    ["facts.expires", card.expires && `${dayOf(card.expires)} (${duration(card.expires - Date.now())})`],
    ["facts.earlier", card.earlier ? number(card.earlier) : ""],
    ["facts.note", noteOf(card)],
  ]);
  drawFiles(lines, card.number);
  drawNotes(lines, card.number);
  drawHandover(view.handover, card, lines);
}

/** Why a case stands where it stands, in words. */
export function reason(card) {
  const key = `why.${card.why}`;
  return hasWord(key) ? word(key) : word(`urgency.${card.urgency}`);
}

const consent = (code) => (hasWord(`consent.${code}`) ? word(`consent.${code}`) : code);

function list(element, facts) {
  element.replaceChildren(...facts.filter(([, value]) => value).flatMap(([key, value]) => fact(key, value)));
}

function fact(key, value) {
  const name = document.createElement("dt");
  name.textContent = word(key);
  const text = document.createElement("dd");
  // One value stands where the page's lines begin; what a person wrote is a text of its own.
  for (const part of [value].flat()) {
    const inner = document.createElement(TEXTS.has(key) ? "p" : "bdi");
    inner.dir = "auto";
    if (TEXTS.has(key)) put(inner, part);
    else inner.textContent = part;
    text.append(inner);
  }
  return [name, text];
}

function drawFiles(lines, caseNumber) {
  const found = lines.filter((line) => line.file);
  byId("fact-files").hidden = !found.length;
  byId("files").replaceChildren(
    ...found.map((line) => {
      const item = document.createElement("li");
      const ready = line.file.state === "ready";
      const inner = document.createElement(ready ? "a" : "bdi");
      inner.textContent = line.file.name || word("file.unnamed");
      if (ready) {
        Object.assign(inner, { href: fileAddress(line, caseNumber), download: "", target: "_blank", rel: "noopener noreferrer" });
      }
      const when = document.createElement("span");
      when.className = "faint";
      when.textContent = ready ? moment(line.at) : word(`file.${line.file.state}`);
      item.append(inner, " ", when);
      return item;
    }),
  );
}

function drawNotes(lines, caseNumber) {
  const notes = byId("notes");
  const known = new Set([...notes.children].map((item) => Number(item.dataset.seq)));
  for (const line of lines.filter((line) => line.kind === "note" && !known.has(line.seq))) {
    const after = [...notes.children].find((item) => Number(item.dataset.seq) > line.seq);
    notes.insertBefore(drawLine(line, caseNumber), after ?? null);
  }
  byId("fact-notes").hidden = !notes.children.length;
}

// What was asked, what the bot answered and what the person said, so that nobody has to tell it twice. Open until the
// first answer; then the conversation needs the room.
function drawHandover(card, { number: caseNumber }, lines) {
  const box = byId("handover");
  const parts = card
    ? [
        ["handover.asked", card.asked],
        ["handover.bot", card.bot_answers.map((one) => one.title)],
        ["handover.said", card.said],
        ["facts.topic", card.topic ? [topicName(card.topic)] : []],
        ["facts.deadline", card.deadline ? [day(card.deadline)] : []],
        ["facts.consent", card.consents.map((one) => `${consent(one.state)}, ${dayOf(one.at)}`)],
      ].filter(([, values]) => values.length)
    : [];
  box.hidden = !parts.length;
  list(byId("handover-list"), parts);
  const answered = lines.some((line) => line.author === "counsellor" && line.kind !== "note");
  const stays = box.dataset.number === caseNumber && box.dataset.answered === String(answered);
  if (stays) return;
  box.dataset.number = caseNumber;
  box.dataset.answered = String(answered);
  box.open = !answered && !matchMedia("(max-width: 60rem)").matches;
}
