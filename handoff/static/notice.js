// One line that tells what happened, for eyes and for screen readers; and the small "are you sure" window.

import { fill, say } from "./texts.js";

const box = document.getElementById("notice");
const voice = document.getElementById("announce");

box.querySelector("button").addEventListener("click", () => (box.hidden = true));

/** Show a notice until the next one or until it is put away. */
export function notice(key, values = {}, kind = "good") {
  fill(box.querySelector("span"), key, values);
  box.dataset.kind = kind;
  box.hidden = false;
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
