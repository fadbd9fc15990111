// Two composers that cannot be mixed up: a reply (white) goes to the person, a note (yellow) stays in the team. Each has
// its own field, its own draft and its own route; switching cases carries neither text nor mode.

import { newRequest } from "./api.js";
import { draft, fetched, onSaved, sent, settled, typed } from "./drafts.js";
import { notice } from "./notice.js";
import { channelName, clock, fill, gap, languageName, number as shown, size } from "./texts.js";

const byId = (id) => document.getElementById(id);
const MODES = ["reply", "note"];

let current = null;
let mode = "note";
let verbs = [];
let send = async () => false;
let writing = () => {};
// Lines the person has written since the reply was begun.
let newer = 0;

/** Tell how to send: ``handler(number, mode, text, request, file)`` resolves to whether it has arrived. */
export function onSend(handler) {
  send = handler;
}

/** Tell who is to know that somebody types a reply. */
export function onWriting(handler) {
  writing = handler;
}

/** Show the composers of a case; ``verbs`` says which there are. */
export function showComposer({ card, verbs: allowed }) {
  const fresh = card.number !== current;
  current = card.number;
  verbs = MODES.filter((name) => allowed.includes(name));
  byId("composer").hidden = !verbs.length;
  if (fresh || !verbs.includes(mode)) mode = verbs[0] ?? "note";
  const to = { language: languageName(card.language), channel: channelName(card.channel) };
  fill(button("reply").querySelector(".wide"), "reply.send", to);
  fill(byId("reply-to"), "reply.to", to);
  if (fresh) {
    newer = 0;
    for (const name of MODES) load(name);
  }
  for (const name of verbs) {
    const one = draft(current, name);
    if (fresh) fetched(one).then((changed) => changed && one.number === current && load(name), () => {});
  }
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

/** The person wrote so many lines: whoever is typing should know. */
export function hintNewer(count) {
  if (!draft(current, "reply").text.trim()) return;
  newer += count;
  const hint = byId("form-reply").querySelector("[data-hint]");
  fill(hint, "typed.newer", { count: shown(newer) });
  hint.hidden = false;
}

/** Put a text into the reply of the case that is shown: where the cursor is, or before what is there. */
export function insert(text, { before = false } = {}) {
  if (!current || !verbs.includes("reply")) return;
  compose("reply");
  const area = field("reply");
  const begin = before ? 0 : area.selectionStart;
  const joined = before && area.value ? `${text}\n\n` : text;
  area.setRangeText(joined, begin, before ? 0 : area.selectionEnd, "end");
  typed(draft(current, "reply"), area.value);
  const hole = area.value.indexOf(gap, begin);
  if (hole >= 0) area.setSelectionRange(hole, hole + gap.length);
}

/** Let a file go along with the reply, or none. With ``over: false`` one that is there stays. Returns whether it is there. */
export function attach(file, { over = true } = {}) {
  if (!current || !verbs.includes("reply")) return false;
  const one = draft(current, "reply");
  if (one.busy || (one.file && !over)) return false;
  one.file = file;
  one.request = null;
  compose("reply");
  drawState(one);
  return true;
}

const field = (name) => byId(`text-${name}`);
const button = (name) => byId(`form-${name}`).querySelector("[data-send]");

function load(name) {
  const one = draft(current, name);
  field(name).value = one.text;
  byId(`form-${name}`).querySelector("[data-hint]").hidden = true;
  drawState(one);
}

function drawState(one) {
  if (one.number !== current) return;
  field(one.mode).readOnly = one.busy;
  button(one.mode).disabled = one.busy;
  if (one.mode === "reply") drawFile(one);
  const told = byId(`form-${one.mode}`).querySelector("[data-saved]");
  if (!one.text.trim()) told.textContent = "";
  else if (one.failed) fill(told, "draft.failed");
  else if (one.text === one.saved && one.at) fill(told, "draft.saved", { time: clock(one.at) });
  else told.textContent = "";
}

function drawFile({ file, busy }) {
  byId("attached").hidden = !file;
  byId("attach-drop").disabled = busy;
  if (file) fill(byId("attached-what"), "attach.with", { name: file.name, size: size(file.size) });
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

/** Whether a gap of a ready reply is left; then it is shown instead of sent. */
function unfilled(name, text) {
  const hole = name === "reply" ? text.indexOf(gap) : -1;
  if (hole < 0) return false;
  field(name).focus();
  field(name).setSelectionRange(hole, hole + gap.length);
  notice("canned.gap", {}, "warn");
  return true;
}

async function submit(name) {
  const one = draft(current, name);
  const { text, file } = one;
  if (!(text.trim() || file) || one.busy || unfilled(name, text)) return;
  // The same text with the same file is the same press, however often it is tried: it arrives once.
  one.request ??= newRequest();
  await carry(one, () => send(one.number, name, text, one.request, file));
}

async function carry(one, sending) {
  const name = one.mode;
  one.busy = true;
  drawState(one);
  await settled(one);
  const arrived = await sending();
  one.busy = false;
  if (arrived) {
    sent(one);
    if (name === "reply" && current === one.number) newer = 0;
  }
  if (current !== one.number) return;
  if (arrived) load(name);
  else drawState(one);
}

onSaved(drawState);
for (const name of MODES) {
  field(name).addEventListener("input", () => {
    typed(draft(current, name), field(name).value);
    if (name === "reply") writing();
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

