// The desk: loads the lists and the open case, and wires the parts together.

import { ACTS, act, busy, claimNext, onActed, sendFile } from "./acts.js";
import { alertFor } from "./alerts.js";
import { casePath, get, leave, post } from "./api.js";
import { openCanned } from "./canned.js";
import { compose, hideComposer, hintNewer, insert, onSend, onWriting, showComposer } from "./composer.js";
import { clearCase, drawCase, firstLine, redrawCase, toLine } from "./conversation.js";
import { unsaved } from "./drafts.js";
import { keys, undoKey } from "./keys.js";
import { onRewrite } from "./lines.js";
import { drawLists, neighbour, onOpen, redraw } from "./lists.js";
import { live } from "./live.js";
import { heardLooking, look, writes } from "./looking.js";
import { notice } from "./notice.js";
import { drawOutages } from "./outages.js";
import { drawPresence, onPresence } from "./presence.js";
import { onHit, openSearch } from "./search.js";
import { drawPending, onTakeBack, takeBack } from "./takeback.js";
import { number } from "./texts.js";

const byId = (id) => document.getElementById(id);
const columns = byId("columns");
const phone = matchMedia("(max-width: 44rem)");

let open = null; // number of the case that is shown
let view = null; // what the server last said about it
let leaving = false;

// -- loading -----------------------------------------------------------------------------------------------

async function read(path) {
  const { status, body } = await get(path);
  if (status !== 200 && status !== 404) throw new Error("unreadable");
  return status === 200 ? body : null;
}

async function loadLists() {
  const board = await read("board");
  if (!board) throw new Error("no lists");
  drawLists(board, open);
  drawOutages(board.outages);
  drawPresence(board.me, board.needs_me.length);
  alertFor(board);
}

async function loadCase() {
  const asked = open;
  if (!asked) return;
  const found = await read(casePath(asked));
  if (asked !== open) return;
  if (!found) return closeCase("conversation.gone");
  view = found;
  const fromPerson = drawCase(found);
  showComposer(found);
  if (fromPerson) hintNewer(fromPerson);
  drawPending(found);
}

function closeCase(key) {
  open = null;
  view = null;
  look(null);
  hideComposer();
  clearCase(key);
  columns.dataset.view = "lists";
}

const load = () => Promise.allSettled([loadLists(), loadCase()]);

async function loadEarlier() {
  const found = await read(`${casePath(open)}?before=${firstLine()}`);
  if (found && found.card.number === open) drawCase({ ...found, older: true });
}

async function openCase(caseNumber) {
  if (!caseNumber) return;
  open = caseNumber;
  view = null;
  columns.dataset.view = "case";
  look(caseNumber);
  redraw(open);
  try {
    await loadCase();
    // On a phone the list has gone; the keyboard and the screen reader go on where the eyes do.
    if (phone.matches && open) byId("conversation").focus();
    await loadLists();
  } catch {
    notice("failed.network", {}, "bad");
  }
}

async function openMine(caseNumber) {
  await openCase(caseNumber);
  compose("reply");
}

async function openHit(caseNumber, seq) {
  await openCase(caseNumber);
  // A few pages back at most: further up, a reader goes by hand.
  for (let pages = 0; seq && pages < 5 && open === caseNumber && !toLine(seq) && !byId("earlier").hidden; pages += 1) {
    await loadEarlier();
  }
}

function showLists() {
  columns.dataset.view = "lists";
  document.querySelector(`.card[aria-current]`)?.focus();
}

// -- what the live line says -------------------------------------------------------------------------------

async function changed(message) {
  if (message.type === "looking") return heardLooking(message);
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

// -- wiring ------------------------------------------------------------------------------------------------

function run(verb) {
  const button = document.querySelector(`[data-act="${verb}"]`);
  if (!view || button.hidden || busy()) return;
  byId("more-acts").open = false;
  ACTS[verb](view);
}

async function canned(options) {
  if (!view?.verbs.includes("reply")) return;
  compose("reply");
  await openCanned(view.card, options).catch(() => notice("failed.network", {}, "bad"));
}

onOpen(openCase);
onActed(load, openMine);
onSend((caseNumber, mode, text, request, file) =>
  file ? sendFile(caseNumber, file, text.trim(), request) : act(caseNumber, mode, { text }, request),
);
onTakeBack(act);
onWriting(writes);
onPresence(loadLists);
onHit(openHit);
onRewrite((text) => insert(text, { before: true }));
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => run(button.dataset.act));
}
byId("claim-next").addEventListener("click", claimNext);
byId("canned-open").addEventListener("click", () => canned());
// "/" at the beginning of an empty reply asks for the ready ones.
byId("text-reply").addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.value || event.isComposing) return;
  event.preventDefault();
  canned({ slash: true });
});
byId("earlier").addEventListener("click", () => loadEarlier().catch(() => notice("failed.network", {}, "bad")));
byId("back").addEventListener("click", showLists);
byId("find").addEventListener("click", openSearch);
byId("help").addEventListener("click", () => byId("keys").showModal());
byId("sign-out").addEventListener("click", () => post("sign-out", {}).then(leave, () => notice("failed.network", {}, "bad")));
const letters = {
  j: () => openCase(neighbour(1)),
  k: () => openCase(neighbour(-1)),
  c: () => byId("claim-next").disabled || claimNext(),
  r: () => compose("reply"),
  n: () => compose("note"),
  s: openSearch,
  t: () => run("facts"),
  p: () => run("park"),
  x: () => run("transfer"),
  e: () => run("close"),
  "/": () => canned(),
  "?": () => byId("keys").showModal(),
};
keys(letters, busy);
undoKey(takeBack);
// A menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
window.addEventListener("leaving", () => (leaving = true));
window.addEventListener("beforeunload", (event) => unsaved() && !leaving && event.preventDefault());

if (matchMedia("(max-width: 60rem)").matches) byId("facts").open = false;
setInterval(() => (redraw(), redrawCase()), 20000);
// Whoever was erased leaves no trace to be told of; the lists notice it here.
setInterval(() => loadLists().catch(() => {}), 60000);
live(changed);
