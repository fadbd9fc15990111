// Ready replies: found by "/" and letters, read in the counsellor's language, put into the reply in the person's.

import { get } from "./api.js";
import { put } from "./bidi.js";
import { insert } from "./composer.js";
import { fill, language, languageName } from "./texts.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("canned");
const query = byId("canned-query");
const list = byId("canned-list");

let caseNumber = null;
let person = "";
let replies = [];
let found = [];
let chosen = 0;
// "/" was typed into the field: without a choice it is put there.
let typed = false;

/** Open the list for a case; ``slash`` says that somebody typed "/" in the reply. Throws without a connection. */
export async function openCanned(card, { slash = false } = {}) {
  caseNumber = card.number;
  person = card.language;
  typed = slash;
  query.value = "";
  const { status, body } = await get(`canned?case=${encodeURIComponent(caseNumber)}&lang=${language}`);
  if (status !== 200 || dialog.open) return;
  replies = body.replies;
  filter();
  dialog.showModal();
  query.focus();
}

// Small and capital letters and accents do not matter.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function filter() {
  const words = plain(query.value).split(/\s+/).filter(Boolean);
  const rank = (reply) => {
    const title = plain(`${reply.title} ${reply.id}`);
    if (words.every((one) => title.includes(one))) return title.startsWith(words[0] ?? "") ? 0 : 1;
    return words.every((one) => plain(`${title} ${reply.shown}`).includes(one)) ? 2 : 3;
  };
  found = replies.map((reply) => [rank(reply), reply]).filter(([place]) => place < 3);
  found = found.sort(([one], [other]) => one - other).map(([, reply]) => reply);
  chosen = 0;
  draw();
}

function draw() {
  list.replaceChildren(
    ...found.map((reply, place) => {
      const item = document.createElement("li");
      item.id = `canned-${reply.id}`;
      item.role = "option";
      item.dir = "auto";
      item.textContent = reply.title;
      item.setAttribute("aria-selected", String(place === chosen));
      item.addEventListener("click", () => choose(place));
      item.addEventListener("dblclick", use);
      return item;
    }),
  );
  byId("canned-none").hidden = found.length > 0;
  byId("canned-insert").disabled = !found.length;
  preview();
}

function choose(place) {
  chosen = Math.max(0, Math.min(found.length - 1, place));
  for (const [index, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(index === chosen));
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
  preview();
}

function preview() {
  const reply = found[chosen];
  if (reply) query.setAttribute("aria-activedescendant", `canned-${reply.id}`);
  else query.removeAttribute("aria-activedescendant");
  dialog.querySelector(".previews").hidden = !reply;
  if (!reply) return;
  fill(byId("canned-mine"), "canned.mine", { language: languageName(reply.shown_language) });
  fill(byId("canned-theirs"), "canned.theirs", { language: languageName(reply.language) });
  for (const [id, text, spoken] of [["canned-shown", reply.shown, reply.shown_language], ["canned-text", reply.text, reply.language]]) {
    put(byId(id), text).lang = spoken;
  }
  const other = reply.language.split("-")[0] !== person.split("-")[0];
  byId("canned-warn").hidden = !other;
  if (other) fill(byId("canned-warn"), "canned.untranslated", { language: languageName(person) });
}

function use() {
  const reply = found[chosen];
  if (!reply) return;
  typed = false;
  dialog.close();
  // Marks of direction belong to the page, not to a message that somebody goes on writing.
  insert(reply.text.replace(/[\u2066-\u2069]/g, ""));
}

query.addEventListener("input", filter);
query.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) choose(chosen + steps[event.key]);
  else if (event.key === "Enter" && !event.isComposing) use();
  else if (event.key === "Escape") dialog.close();
  else return;
  event.preventDefault();
});
byId("canned-insert").addEventListener("click", use);
dialog.addEventListener("close", () => {
  if (typed) insert("/");
  typed = false;
});
