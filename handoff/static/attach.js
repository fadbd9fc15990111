// A file that goes out with the reply: chosen, shown beneath the text, sent or left out. One that is taken back returns.

import { attach } from "./composer.js";

const field = document.getElementById("attach");
// Files that just went: nobody can take one back after some seconds, so a few are enough.
const MOST = 5;
const gone = new Map();

/** Remember a file that was sent as a reply. */
export function remember(caseNumber, reply, file) {
  gone.set(`${caseNumber}/${reply}`, file);
  if (gone.size > MOST) gone.delete(gone.keys().next().value);
}

/** Put the file of a reply that was taken back into the composer; false when this window does not have it. */
export function returned(caseNumber, reply) {
  const file = gone.get(`${caseNumber}/${reply}`);
  gone.delete(`${caseNumber}/${reply}`);
  return Boolean(file) && attach(file, { over: false });
}

document.getElementById("attach-open").addEventListener("click", () => field.click());
document.getElementById("attach-drop").addEventListener("click", () => attach(null));
field.addEventListener("change", () => {
  const [file] = field.files;
  // Emptied, so that the same file can be chosen again.
  field.value = "";
  if (file) attach(file);
});
