// Replies on their way out: for a few seconds they can be taken back, by a button or Ctrl+Z, and return to the field.

import { returned } from "./attach.js";
import { put } from "./bidi.js";
import { insert } from "./composer.js";
import { announce, notice } from "./notice.js";
import { fill, seconds } from "./texts.js";

const list = document.getElementById("pending");
const template = document.getElementById("pending-line");

let act = async () => false;
let shown = { number: null, replies: [] };
// How far the server's clock is ahead of ours.
let ahead = 0;

/** Tell how to act: ``handler(number, verb, body)`` resolves to whether it was done. */
export function onTakeBack(handler) {
  act = handler;
}

/** Draw what is on its way in a case. */
export function drawPending({ card, pending, at }) {
  ahead = at - Date.now();
  const fresh = (pending ?? []).filter((one) => !shown.replies.some((other) => other.id === one.id));
  shown = { number: card.number, replies: pending ?? [] };
  list.replaceChildren(...shown.replies.map(draw));
  tick();
  if (fresh.length) announce("takeback.can", { time: seconds(left(fresh.at(-1))) });
}

/** Take the newest reply back that still can be. Returns false when there is none. */
export function takeBack() {
  const reply = shown.replies.findLast((one) => left(one) > 0);
  if (!reply) return false;
  back(shown.number, reply);
  return true;
}

const left = (reply) => reply.until - (Date.now() + ahead);

function draw(reply) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.dataset.id = reply.id;
  put(item.querySelector(".text"), [reply.file, reply.text].filter(Boolean).join("\n"));
  item.querySelector("button").addEventListener("click", () => back(shown.number, reply));
  return item;
}

async function back(number, reply) {
  // It comes back only when the server says so: nobody may think it unsent while it goes out.
  if (!(await act(number, "takeback", { reply: reply.id })) || shown.number !== number) return;
  if (reply.text) insert(reply.text, { before: true });
  // Another window, or another computer, has the words only.
  if (reply.file && !returned(number, reply.id)) notice("takeback.file", { name: reply.file }, "warn");
}

function tick() {
  for (const item of list.children) {
    const reply = shown.replies.find((one) => one.id === item.dataset.id);
    const time = reply ? left(reply) : 0;
    fill(item.querySelector(".countdown"), time > 0 ? "takeback.goes" : "takeback.going", { time: seconds(time) });
    item.querySelector("button").disabled = time <= 0;
  }
}

setInterval(tick, 250);
