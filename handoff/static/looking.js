// Who else looks at the case that is shown, and who writes there.

import { say as tell } from "./live.js";
import { fill } from "./texts.js";

const line = document.getElementById("lookers");
const AGAIN = 8000;
const PAUSE = 4000;

let shown = null;
let wrote = 0;
let told = 0;

/** The case that is shown now, or null. */
export function look(caseNumber) {
  if (shown !== caseNumber) {
    line.hidden = true;
    wrote = 0;
    shown = caseNumber;
    report();
  }
}

/** Somebody types a reply here. */
export function writes() {
  const began = Date.now() - wrote > PAUSE;
  wrote = Date.now();
  if (began || wrote - told > PAUSE / 2) report();
}

/** What the server says of the others. */
export function heardLooking({ case: number, who }) {
  if (number !== shown) return;
  const names = (writing) => who.filter((one) => one.writing === writing).map((one) => one.name).join(", ");
  const [writers, lookers] = [names(true), names(false)];
  line.hidden = !who.length;
  line.dataset.writing = String(Boolean(writers));
  if (writers) fill(line, "looking.writes", { name: writers });
  else if (lookers) fill(line, "looking.looks", { name: lookers });
}

function report() {
  told = Date.now();
  tell({ type: "looking", case: shown, writing: Date.now() - wrote < PAUSE });
}

setInterval(() => (shown || wrote) && report(), AGAIN);
window.addEventListener("desk-connected", report);
