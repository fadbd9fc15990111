// The desk: loads the lists and the open case, sends what a counsellor does, and wires the parts together.

import { get, leave, newRequest, post } from "./api.js";
import { compose, hideComposer, hintNewer, onSend, showComposer, unsent } from "./composer.js";
import { clearCase, drawCase, firstLine } from "./conversation.js";
import { keys } from "./keys.js";
import { drawOutages } from "./outages.js";
import { drawLists, neighbour, nextToClaim, onOpen, redraw } from "./lists.js";
import { live } from "./live.js";
import { ask, notice, sure } from "./notice.js";
import { hasWord, languageName, number } from "./texts.js";

const byId = (id) => document.getElementById(id);
const columns = byId("columns");
const phone = matchMedia("(max-width: 44rem)");

let open = null; // number of the case that is shown
let view = null; // what the server last said about it
let leaving = false;
let acting = 0; // acts under way

// -- loading -----------------------------------------------------------------------------------------------

async function read(path) {
  const { status, body } = await get(path);
  if (status !== 200 && status !== 404) throw new Error("unreadable");
  return status === 200 ? body : null;
}

async function loadLists() {
  const board = await read("board");
  if (!board) throw new Error("no lists");
  board.mine = [...board.needs_me, ...board.offers, ...board.mine, ...board.parked];
  drawLists(board, open);
  drawOutages(board.outages);
}

async function loadCase() {
  const asked = open;
  if (!asked) return;
  const found = await read(`cases/${encodeURIComponent(asked)}`);
  if (asked !== open) return;
  if (!found) {
    open = null;
    view = null;
    hideComposer();
    clearCase("conversation.gone");
    columns.dataset.view = "lists";
    return;
  }
  view = found;
  if (drawCase(found)) hintNewer();
  showComposer(found);
}

async function loadEarlier() {
  const found = await read(`cases/${encodeURIComponent(open)}?before=${firstLine()}`);
  if (found && found.card.number === open) drawCase({ ...found, older: true });
}

async function openCase(caseNumber) {
  if (!caseNumber) return;
  open = caseNumber;
  view = null;
  columns.dataset.view = "case";
  redraw();
  try {
    await loadCase();
    // On a phone the list has gone; the keyboard and the screen reader go on where the eyes do.
    if (phone.matches && open) byId("conversation").focus();
    await loadLists();
  } catch {
    notice("failed.network", {}, "bad");
  }
}

function showLists() {
  columns.dataset.view = "lists";
  document.querySelector(`.card[aria-current]`)?.focus();
}

// -- what the live line says -------------------------------------------------------------------------------

async function changed(message) {
  if (message.type === "hello" && message.resumed) {
    const { length } = message.missed;
    if (message.many) notice("live.many", {}, "warn");
    else if (length) notice("live.missed", { count: `${number(length)} (${some(message.missed)})` }, "warn");
    else notice("live.nothing");
  }
  if (message.type === "beat") return;
  await loadLists();
  if (open && (message.type !== "changed" || message.cases.includes(open))) await loadCase();
}

function some(numbers) {
  return numbers.slice(0, 8).join(", ") + (numbers.length > 8 ? ", …" : "");
}

// -- acts --------------------------------------------------------------------------------------------------

/** Do something with a case; tells what became of it and returns whether it was done. */
async function act(caseNumber, verb, body = {}, request = newRequest()) {
  const path = `cases/${encodeURIComponent(caseNumber)}/${verb}`;
  acting += 1;
  try {
    let answer = await post(path, { ...body, request });
    for (let tries = 0; answer.status === 202 && tries < 6; tries += 1) {
      notice("working", {}, "warn");
      answer = await get(`acts/${request}`);
    }
    const done = answer.status === 200;
    tell(verb, answer, done);
    await Promise.allSettled([loadLists(), loadCase()]);
    return done;
  } catch {
    notice("failed.network", {}, "bad");
    return false;
  } finally {
    acting -= 1;
  }
}

function tell(verb, { status, body }, done) {
  if (done) return notice(`done.${verb}`);
  if (status === 202) return notice("working", {}, "warn");
  if (status === 404) return notice("conversation.gone", {}, "bad");
  if (status === 503) return notice("failed.store", {}, "bad");
  const code = body.code ?? String(status);
  const key = hasWord(`refused.${code}`) ? `refused.${code}` : "refused.other";
  return notice(key, { name: body.detail?.name ?? "", most: body.detail?.most ?? "", code }, "bad");
}

async function claim(card) {
  if (!card) return notice("list.nothing_waiting");
  const language = languageName(card.language);
  if (!card.mine_to_speak && !(await sure("claim.foreign", { language }))) return;
  if (await act(card.number, "claim", { seen: card.version })) {
    await openCase(card.number);
    compose("reply");
  }
}

const ACTS = {
  claim: () => claim(view.card),
  release: () => act(view.card.number, "release"),
  return: async () => {
    const { number: which } = view.card;
    if (await sure("return.sure")) await act(which, "return");
  },
  close: async () => {
    const { number: which } = view.card;
    const dialog = byId("closing");
    dialog.querySelector("form").reset();
    if (!(await ask(dialog))) return;
    await act(which, "close", { outcome: dialog.querySelector("input:checked").value });
  },
};

function may(verb) {
  return view?.verbs.includes(verb);
}

// -- wiring ------------------------------------------------------------------------------------------------

onOpen(openCase);
onSend((caseNumber, mode, text, request) => act(caseNumber, mode, { text }, request));
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => may(button.dataset.act) && ACTS[button.dataset.act]());
}
byId("claim-next").addEventListener("click", () => claim(nextToClaim()));
byId("earlier").addEventListener("click", () => loadEarlier().catch(() => notice("failed.network", {}, "bad")));
byId("back").addEventListener("click", showLists);
byId("help").addEventListener("click", () => byId("keys").showModal());
byId("sign-out").addEventListener("click", () => post("sign-out", {}).then(leave, () => notice("failed.network", {}, "bad")));
const letters = {
  j: () => openCase(neighbour(1)),
  k: () => openCase(neighbour(-1)),
  c: () => claim(nextToClaim()),
  r: () => compose("reply"),
  n: () => compose("note"),
  e: () => may("close") && ACTS.close(),
  "?": () => byId("keys").showModal(),
};
keys(letters, () => acting > 0);
window.addEventListener("leaving", () => (leaving = true));
window.addEventListener("beforeunload", (event) => unsent() && !leaving && event.preventDefault());

if (matchMedia("(max-width: 60rem)").matches) byId("facts").open = false;
setInterval(redraw, 20000);
// Whoever was erased leaves no trace to be told of; the lists notice it here.
setInterval(() => loadLists().catch(() => {}), 60000);
live(changed);
