// One line that tells what happened, for eyes and for screen readers; and the small "are you sure" window.

import { fill, say } from "./texts.js";

const box = document.getElementById("notice");
const voice = document.getElementById("announce");
// What went well needs no answer: it makes room again by itself, unless somebody points at it.
const GOES = 12000;
let going = 0;

const away = () => (box.hidden = true);
const later = () => {
  clearTimeout(going);
  if (box.dataset.kind === "good") going = setTimeout(away, GOES);
};
box.querySelector("button").addEventListener("click", away);
for (const kind of ["pointerenter", "focusin"]) box.addEventListener(kind, () => clearTimeout(going));
for (const kind of ["pointerleave", "focusout"]) box.addEventListener(kind, later);

/** Show a notice until the next one or until it is put away; one of something that went well goes by itself. */
export function notice(key, values = {}, kind = "good") {
  fill(box.querySelector("span"), key, values);
  box.dataset.kind = kind;
  box.hidden = false;
  later();
  announce(key, values);
}

/** Say something to screen readers only. */
export function announce(key, values = {}) {
  voice.textContent = say(key, values);
}

/** Ask with a dialog; resolves to whether the answer was yes. */
export function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}

/** Ask whether to go on. */
export function sure(key, values = {}) {
  const dialog = document.getElementById("sure");
  fill(document.getElementById("sure-text"), key, values);
  return ask(dialog);
}
