// Two composers that cannot be mixed up: a reply (white) goes to the person, a note (yellow) stays in the team.
// Drafts live in memory, one per case and mode: text never travels from one case to another.

import { newRequest } from "./api.js";
import { channelName, fill, languageName, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const MODES = ["reply", "note"];
const drafts = new Map();

let current = null;
let mode = "note";
let verbs = [];
let send = async () => false;

/** Tell how to send: ``handler(number, mode, text, request)`` resolves to whether the text has arrived. */
export function onSend(handler) {
  send = handler;
}

/** Whether any draft holds text. */
export const unsent = () => [...drafts.values()].some((draft) => draft.text.trim());

/** Show the composers of a case; ``verbs`` says which there are. */
export function showComposer({ card, verbs: allowed }) {
  const fresh = card.number !== current;
  current = card.number;
  verbs = MODES.filter((name) => allowed.includes(name));
  byId("composer").hidden = !verbs.length;
  if (fresh || !verbs.includes(mode)) mode = verbs[0] ?? "note";
  const target = { language: languageName(card.language), channel: channelName(card.channel) };
  fill(button("reply"), "reply.send", target);
  if (fresh) for (const name of MODES) load(name);
  draw();
}

/** No case is shown. */
export function hideComposer() {
  current = null;
}

/** Go to a composer of the case that is shown, if it has it. */
export function compose(name) {
  if (!current || !verbs.includes(name)) return;
  mode = name;
  draw();
  field(name).focus();
}

/** The person wrote: whoever is typing should know. */
export function hintNewer() {
  const hint = byId("form-reply").querySelector("[data-hint]");
  if (!draft("reply").text.trim()) return;
  hint.textContent = word("typed.newer");
  hint.hidden = false;
}

const field = (name) => byId(`text-${name}`);
const button = (name) => byId(`form-${name}`).querySelector("[data-send]");

function draft(name, caseNumber = current) {
  const key = `${caseNumber}/${name}`;
  if (!drafts.has(key)) drafts.set(key, { text: "", request: null, busy: false });
  return drafts.get(key);
}

function load(name) {
  const held = draft(name);
  field(name).value = held.text;
  byId(`form-${name}`).querySelector("[data-hint]").hidden = true;
  drawBusy(name, held);
}

function drawBusy(name, held) {
  field(name).readOnly = held.busy;
  button(name).disabled = held.busy;
}

function draw() {
  for (const name of MODES) {
    const there = verbs.includes(name);
    byId(`form-${name}`).hidden = name !== mode || !there;
    const tab = byId(`tab-${name}`);
    tab.hidden = !there;
    tab.setAttribute("aria-selected", String(name === mode));
    tab.tabIndex = name === mode ? 0 : -1;
  }
}

async function submit(name) {
  const caseNumber = current;
  const held = draft(name, caseNumber);
  const text = held.text;
  if (!text.trim() || held.busy) return;
  // The same text is the same press, however often it is tried: it arrives once.
  held.request ??= newRequest();
  held.busy = true;
  drawBusy(name, held);
  const arrived = await send(caseNumber, name, text, held.request);
  held.busy = false;
  if (arrived) {
    held.text = "";
    held.request = null;
  }
  if (current !== caseNumber) return;
  if (arrived) load(name);
  else drawBusy(name, held);
}

for (const name of MODES) {
  field(name).addEventListener("input", () => {
    const held = draft(name);
    held.text = field(name).value;
    held.request = null;
  });
  field(name).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      submit(name);
    } else if (event.key === "Escape") {
      field(name).blur();
      byId("conversation").focus();
    }
  });
  byId(`form-${name}`).addEventListener("submit", (event) => {
    event.preventDefault();
    submit(name);
  });
  byId(`tab-${name}`).addEventListener("click", () => compose(name));
  byId(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = MODES.find((one) => one !== name && verbs.includes(one));
    if (!other) return;
    mode = other;
    draw();
    byId(`tab-${other}`).focus();
  });
}
