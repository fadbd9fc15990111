// Drafts: one for each case and field, kept on the server a moment after the last key. Text never travels from one
// case or field to another; what could not be saved yet is tried again, and said.

import { casePath, get, put } from "./api.js";

const PAUSE = 600;
const AGAIN = 5000;
const held = new Map();
let told = () => {};

/** Tell who draws the state of a draft: ``handler(draft)``. */
export function onSaved(handler) {
  told = handler;
}

/** The draft of a field; ``request`` names the press that sends it, ``busy`` that it is on its way, ``file`` goes along. */
export function draft(number, mode) {
  const key = `${number}/${mode}`;
  if (!held.has(key)) {
    held.set(key, { number, mode, text: "", saved: "", at: 0, request: null, busy: false, timer: 0, saving: null, failed: false, file: null });
  }
  return held.get(key);
}

/** Whether any draft holds what the server does not have yet. */
export const unsaved = () => [...held.values()].some((one) => one.file || one.text !== one.saved);

/** Take in what somebody typed. */
export function typed(one, text) {
  one.text = text;
  one.request = null;
  clearTimeout(one.timer);
  one.timer = setTimeout(() => save(one), PAUSE);
  told(one);
}

/** Load a draft that was begun elsewhere; what is typed here already stays. Returns whether the text changed. */
export async function fetched(one) {
  const { status, body } = await get(casePath(one.number, `/drafts/${one.mode}`));
  if (status !== 200 || one.busy || one.text !== one.saved || body.text === one.text) return false;
  one.text = body.text;
  one.saved = body.text;
  one.at = body.at;
  told(one);
  return true;
}

/** It was sent: the server has forgotten it, and so do we. */
export function sent(one) {
  clearTimeout(one.timer);
  Object.assign(one, { text: "", saved: "", at: 0, request: null, file: null, failed: false });
  // A file takes the text along on a way of its own, so the draft is taken back here as well.
  put(casePath(one.number, `/drafts/${one.mode}`), { text: "" }).catch(() => {});
  told(one);
}

/** Wait until nothing of this draft is on its way, so that a late save cannot bring a sent text back. */
export async function settled(one) {
  clearTimeout(one.timer);
  await one.saving;
}

async function save(one) {
  if (one.saving) await one.saving;
  if (one.busy || one.text === one.saved) return;
  one.saving = store(one);
  await one.saving;
  one.saving = null;
  if (one.text !== one.saved && !one.busy) {
    clearTimeout(one.timer);
    one.timer = setTimeout(() => save(one), one.failed ? AGAIN : PAUSE);
  }
  told(one);
}

async function store(one) {
  const { text } = one;
  try {
    const { status, body } = await put(casePath(one.number, `/drafts/${one.mode}`), { text });
    one.failed = status !== 200;
    // A case that is gone takes its drafts along; there is nothing to try again.
    if (status === 200 || status === 404) one.saved = text;
    if (status === 200) one.at = body.at;
  } catch {
    one.failed = true;
  }
}

// A page that is put away may never come back: save at once, and let the request outlive the page.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return;
  for (const one of held.values()) {
    if (one.text === one.saved || one.busy) continue;
    put(casePath(one.number, `/drafts/${one.mode}`), { text: one.text }, { keepalive: true, signal: undefined }).catch(() => {});
  }
});
