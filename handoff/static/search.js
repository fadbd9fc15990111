// Search over one's own cases. What was looked for goes to the server in the body of a request and is kept nowhere.

import { post } from "./api.js";
import { fill, languageName, moment, number, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("search");
const query = byId("search-query");
const told = byId("search-told");

let open = () => {};
let asked = 0;

/** Tell what to do with a hit: ``handler(number, seq)``. */
export function onHit(handler) {
  open = handler;
}

/** Open the window. */
export function openSearch() {
  if (!dialog.open) dialog.showModal();
  query.select();
}

async function run() {
  const mine = ++asked;
  told.textContent = word("search.running");
  let answer;
  try {
    answer = await post("search", { q: query.value });
  } catch {
    answer = { status: 0 };
  }
  if (mine !== asked) return;
  if (answer.status !== 200) {
    told.textContent = word("failed.network");
    return;
  }
  const { hits, more } = answer.body;
  byId("hits").replaceChildren(...hits.map(draw));
  fill(told, more ? "search.many" : hits.length ? "search.found" : "search.nothing", { count: number(hits.length) });
}

function draw(hit) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "hit";
  const head = document.createElement("span");
  head.className = "faint";
  for (const [place, bit] of [hit.number, languageName(hit.language), word(`who.${hit.author}`), moment(hit.at)].entries()) {
    const isolated = document.createElement("bdi");
    isolated.textContent = bit;
    head.append(...(place ? [" · ", isolated] : [isolated]));
  }
  const text = document.createElement("span");
  text.dir = "auto";
  for (const part of hit.parts) {
    const mark = part.hit && document.createElement("mark");
    if (mark) mark.textContent = part.text;
    // Plain text beside the marks: they are one line with one direction.
    text.append(mark || part.text);
  }
  button.append(head, text);
  button.addEventListener("click", () => {
    dialog.close();
    open(hit.number, hit.seq);
  });
  item.append(button);
  return item;
}

byId("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
// A search field would only empty itself.
query.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  dialog.close();
});
byId("search-close").addEventListener("click", () => dialog.close());
// Words about people do not stay on the screen behind a closed window.
dialog.addEventListener("close", () => {
  asked += 1;
  query.value = "";
  told.textContent = "";
  byId("hits").replaceChildren();
});
