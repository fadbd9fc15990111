// One line of a conversation: who, when, what, what came with it, and what became of it. Text is only ever text.

import { put } from "./bidi.js";
import { drawFile } from "./files.js";
import { fill, hasWord, moment, reasonText, word } from "./texts.js";

const template = document.getElementById("line");
let rewrite = () => {};

/** Tell what to do when a failed text is to be written again. */
export function onRewrite(handler) {
  rewrite = handler;
}

/** Make the element of a line. */
export function drawLine(line, caseNumber) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.dataset.author = line.author;
  item.dataset.kind = line.kind;
  item.dataset.seq = line.seq;
  item.querySelector(".who").textContent = line.name || word(`who.${line.author}`);
  const time = item.querySelector("time");
  time.dateTime = new Date(line.at).toISOString();
  time.textContent = moment(line.at);
  const text = item.querySelector(".text");
  if (line.text) put(text, line.text);
  drawKind(item.querySelector(".kind"), line);
  drawOptions(item.querySelector(".options"), line.options ?? []);
  item.querySelector(".remedy button").addEventListener("click", () => rewrite(line.text));
  mendLine(item, line, caseNumber);
  return item;
}

/** Bring what can change up to date: the delivery, and a file that arrived. */
export function mendLine(item, line, caseNumber) {
  drawDelivery(item, line);
  drawFile(item.querySelector(".file"), line, caseNumber);
}

function drawKind(element, line) {
  const detail = line.detail ?? {};
  if (line.kind === "mark") {
    const key = `mark.${detail.mark}`;
    const known = (family, value) => (hasWord(`${family}.${value}`) ? word(`${family}.${value}`) : (value ?? ""));
    const values = {
      outcome: detail.outcome ? known("outcome", detail.outcome) : "",
      // Two kinds of marks have reasons: of a file that did not come, and of a message that did not arrive.
      reason: detail.mark === "file_failed" ? known("file.reason", detail.reason) : reasonText(detail.reason),
      to: detail.to ?? "", date: detail.date ?? "", topic: detail.topic ?? "",
    };
    if (hasWord(key)) fill(element, key, values);
    else element.textContent = detail.mark;
  } else if (line.kind !== "text") {
    const media = hasWord(`media.${detail.media}`) ? word(`media.${detail.media}`) : detail.media;
    fill(element, `kind.${line.kind}`, { media: media ?? "", file: detail.file ?? "", place: detail.place ?? "" });
  }
  element.hidden = !element.textContent;
}

function drawOptions(list, labels) {
  list.hidden = !labels.length;
  list.setAttribute("aria-label", word("options"));
  list.replaceChildren(
    ...labels.map((label) => {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = label;
      return item;
    }),
  );
}

function drawDelivery(item, line) {
  const element = item.querySelector(".delivery");
  element.hidden = !line.delivery;
  if (!line.delivery) return;
  const state = word(`delivery.${line.delivery}`);
  const why = reasonText(line.reason);
  if (element.textContent !== (why ? `${state}: ${why}` : state)) {
    const reason = document.createElement("bdi");
    reason.textContent = why;
    element.replaceChildren(state, ...(why ? [": ", reason] : []));
  }
  element.dataset.state = line.delivery;
  drawRemedy(item.querySelector(".remedy"), line);
}

// What a counsellor can do about a message of theirs that did not arrive, or not yet.
function drawRemedy(element, line) {
  const key = `remedy.${line.delivery}`;
  element.hidden = line.author !== "counsellor" || !hasWord(key);
  if (element.hidden) return;
  element.querySelector("span").textContent = word(key);
  const again = element.querySelector("button");
  again.textContent = word("remedy.again");
  again.hidden = line.delivery !== "failed" || !line.text;
}
