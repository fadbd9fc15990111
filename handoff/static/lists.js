// The left column, in the server's order: what is offered to me, what needs me, what is theirs to answer, who waits,
// what is put aside, and what colleagues have. Text is only ever text.

import { reason } from "./facts.js";
import { dayAndClock, duration, fill, hasWord, languageName, noteOf, number, say, topicName, word } from "./texts.js";

const NAMES = ["offers", "needs_me", "mine", "waiting", "parked", "team"];
// Shown only while there is something in them.
const RARE = new Set(["offers", "parked"]);
const template = document.getElementById("card");
let openCase = () => {};
let shown = { board: null, current: null };

/** Tell what to do when a card is pressed. */
export function onOpen(handler) {
  openCase = handler;
}

/** Draw the lists; the card with the keyboard's focus keeps it. */
export function drawLists(board, current) {
  const offered = new Set(board.offers.map((card) => card.number));
  // What is offered to me stands in front; it need not stand among the colleagues' cases too.
  board = { ...board, team: board.team.filter((card) => !offered.has(card.number)) };
  shown = { board, current };
  const focused = document.activeElement?.dataset?.number;
  for (const name of NAMES) {
    const cards = board[name];
    document.getElementById(name).replaceChildren(...cards.map((card) => draw(card, name, current)));
    const more = board.more.includes(name);
    document.getElementById(`count-${name}`).textContent = number(cards.length) + (more ? "+" : "");
    document.getElementById(`empty-${name}`).hidden = cards.length > 0;
    document.getElementById(`more-${name}`).hidden = !more;
    document.getElementById(`section-${name}`).hidden = RARE.has(name) && !cards.length;
  }
  drawNext();
  const mine = board.needs_me.length + board.offers.length;
  document.title = `${mine ? `(${number(mine)}) ` : ""}${word("title")} – Streetwork`;
  if (focused) document.querySelector(`.card[data-number="${CSS.escape(focused)}"]`)?.focus();
}

// Which one would come next, as far as the lists know; the server decides when it is pressed.
function drawNext() {
  const card = shown.board.waiting.find((one) => one.mine_to_speak);
  document.getElementById("claim-next").disabled = !card;
  const line = document.getElementById("next-why");
  if (!card) fill(line, "list.nothing_waiting");
  else {
    const parts = [reason(card), languageName(card.language), duration(Date.now() - card.since), card.topic && topicName(card.topic)];
    line.textContent = parts.filter(Boolean).join(" · ");
  }
}

/** The number of the case after (or before) the current one among those that can be opened. */
export function neighbour(step) {
  const names = NAMES.filter((name) => name !== "team");
  const numbers = names.flatMap((name) => shown.board?.[name] ?? []).map((card) => card.number);
  if (!numbers.length) return null;
  const at = numbers.indexOf(shown.current);
  if (at < 0) return numbers[step > 0 ? 0 : numbers.length - 1];
  return numbers[Math.min(numbers.length - 1, Math.max(0, at + step))];
}

/** Draw again, so that waiting times stay true. */
export function redraw(current = shown.current) {
  if (shown.board) drawLists(shown.board, current);
}

function standing(card, list) {
  if (list === "team") return ["card.with", { name: card.owner ?? "" }];
  if (list === "offers") return ["card.from", { name: card.owner ?? "" }];
  if (card.state === "handing_over") return ["card.offered", { name: card.offered_to ?? "" }];
  if (card.state === "waiting") return ["card.waits", { time: duration(Date.now() - card.since) }];
  if (card.state === "parked") {
    return card.parked_until ? ["card.parked", { time: dayAndClock(card.parked_until) }] : ["card.parked_open", {}];
  }
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
  fill(wait, ...standing(card, list));
  if (list === "needs_me") wait.dataset.ours = "true";
  item.querySelector(".card-note").textContent = about(card);
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

const about = (card) => [card.topic ? topicName(card.topic) : "", noteOf(card)].filter(Boolean).join(" · ");

function badge(element, card) {
  const key = card.unreachable ? "card.unreachable" : `why.${card.why}`;
  element.hidden = card.urgency === "normal" && !card.unreachable;
  element.textContent = hasWord(key) ? word(key) : word(`urgency.${card.urgency}`);
  element.dataset.kind = card.unreachable ? "unreachable" : card.urgency;
}

function label(card, list) {
  const parts = [card.number, languageName(card.language)];
  if (card.urgency !== "normal") parts.push(reason(card));
  parts.push(say(...standing(card, list)));
  if (card.unreachable) parts.push(word("card.unreachable"));
  if (about(card)) parts.push(about(card));
  return parts.join(", ");
}
