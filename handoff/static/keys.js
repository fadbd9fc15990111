// Single-letter keys. Off inside fields and dialogs, and off altogether for whoever does not want them.

import { post } from "./api.js";
import { notice } from "./notice.js";
import { keysOn } from "./texts.js";

const box = document.getElementById("keys-on");

box.checked = keysOn;
box.addEventListener("change", async () => {
  const { status } = await post("keys", { on: box.checked }).catch(() => ({ status: 0 }));
  if (status !== 200) notice("failed.network", {}, "bad");
});

/** Bind keys to actions. They are all off together, ``?`` too: its button is always there. While ``busy()``, letters are somebody typing on. */
export function keys(actions, busy) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (busy()) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    const key = "?/".includes(event.key) ? event.key : letter(event);
    if (!(key in actions) || !box.checked) return;
    event.preventDefault();
    actions[key]();
  });
}

/** Bind Ctrl+Z, as long as it does not undo what somebody types. */
export function undoKey(undo) {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || letter(event) !== "z") return;
    const field = event.target.closest("input, textarea, select");
    if (document.querySelector("dialog[open]") || (field && field.value)) return;
    if (undo()) event.preventDefault();
  });
}

// By place on the keyboard, so that the keys also work where the layout types Arabic or Cyrillic letters.
function letter(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
}
