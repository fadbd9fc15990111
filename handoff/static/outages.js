// One line for each of our accounts at a messenger that does not work now.

import { reasonText, say } from "./texts.js";

const NAMES = { telegram: "Telegram", viber: "Viber", whatsapp: "WhatsApp", webchat: "Chat" };
const box = document.getElementById("outages");

/** Show what does not work; an unchanged list is left alone, so that it is not read out again. */
export function drawOutages(outages) {
  const lines = outages.map(({ channel, account, reason }) => ({ name: `${NAMES[channel] ?? channel} ${account}`, reason }));
  const now = JSON.stringify(lines);
  if (box.dataset.shown === now) return;
  box.dataset.shown = now;
  box.hidden = lines.length === 0;
  box.replaceChildren(...lines.map(draw));
}

function draw({ name, reason }) {
  const line = document.createElement("li");
  const why = document.createElement("bdi");
  line.textContent = `${say("outage", { name })} `;
  why.className = "faint";
  why.textContent = reasonText(reason);
  line.append(why);
  return line;
}
