// The left column: my cases, who waits, and what colleagues have. Order is the server's; text is only ever text.

import { duration, fill, hasWord, languageName, number, say, word } from "./texts.js";

const NAMES = ["mine", "waiting", "team"];
const template = document.getElementById("card");
let openCase = () => {};
let shown = { board: null, current: null };

/** Tell what to do when a card is pressed. */
export function onOpen(handler) {
  openCase = handler;
}

/** Draw the lists; the card with the keyboard's focus keeps it. */
export function drawLists(board, current) {
  shown = { board, current };
  const focused = document.activeElement?.dataset?.number;
  for (const name of NAMES) {
    const cards = board[name];
    document.getElementById(name).replaceChildren(...cards.map((card) => draw(card, name, current)));
    const more = board.more.includes(name);
    document.getElementById(`count-${name}`).textContent = number(cards.length) + (more ? "+" : "");
    document.getElementById(`empty-${name}`).hidden = cards.length > 0;
    document.getElementById(`more-${name}`).hidden = !more;
  }
  document.getElementById("claim-next").disabled = !nextToClaim();
  document.title = `${board.waiting.length ? `(${number(board.waiting.length)}) ` : ""}${word("title")} – Streetwork`;
  if (focused) document.querySelector(`.card[data-number="${CSS.escape(focused)}"]`)?.focus();
}

/** The first waiting case in one of my languages, or null. */
export function nextToClaim() {
  return shown.board?.waiting.find((card) => card.mine_to_speak) ?? null;
}

/** The number of the case after (or before) the current one among those that can be opened. */
export function neighbour(step) {
  const numbers = ["mine", "waiting"].flatMap((name) => shown.board?.[name] ?? []).map((card) => card.number);
  if (!numbers.length) return null;
  const at = numbers.indexOf(shown.current);
  if (at < 0) return numbers[step > 0 ? 0 : numbers.length - 1];
  return numbers[Math.min(numbers.length - 1, Math.max(0, at + step))];
}

/** Draw again, so that waiting times stay true. */
export function redraw() {
  if (shown.board) drawLists(shown.board, shown.current);
}

/** How a case stands, in a few words. */
export function standing(card) {
  if (card.state === "waiting") return ["card.waits", { time: duration(Date.now() - card.since) }];
  return card.ours ? ["card.ours", {}] : ["card.theirs", {}];
}

function draw(card, list, current) {
  const item = template.content.cloneNode(true).firstElementChild;
  const button = item.querySelector("button");
  const letters = item.querySelector(".letters");
  letters.textContent = card.letters;
  letters.lang = card.language;
  letters.title = languageName(card.language);
  item.querySelector(".number").textContent = card.number;
  badge(item.querySelector(".badge"), card);
  const wait = item.querySelector(".wait");
  if (list === "team") fill(wait, "card.with", { name: card.owner ?? "" });
  else fill(wait, ...standing(card));
  if (list === "mine") wait.dataset.ours = String(card.ours);
  item.querySelector(".card-note").textContent = card.note ?? "";
  button.dataset.number = card.number;
  button.dataset.urgency = card.urgency;
  button.setAttribute("aria-label", label(card, list));
  if (list === "team") {
    // Colleagues' cases are there to be known of, not to be read.
    button.disabled = true;
  } else {
    button.addEventListener("click", () => openCase(card.number));
    if (card.number === current) button.setAttribute("aria-current", "true");
  }
  return item;
}

function badge(element, card) {
  const key = card.unreachable ? "card.unreachable" : `urgency.${card.urgency}`;
  element.hidden = card.urgency === "normal" && !card.unreachable;
  element.textContent = hasWord(key) ? word(key) : card.urgency;
  element.dataset.kind = card.unreachable ? "unreachable" : card.urgency;
}

function label(card, list) {
  const parts = [card.number, languageName(card.language)];
  if (card.urgency !== "normal") parts.push(word(`urgency.${card.urgency}`));
  parts.push(list === "team" ? say("card.with", { name: card.owner ?? "" }) : say(...standing(card)));
  if (card.unreachable) parts.push(word("card.unreachable"));
  if (card.note) parts.push(card.note);
  return parts.join(", ");
}
