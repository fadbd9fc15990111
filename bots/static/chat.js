// The chat page: ties the words, the connection and the conversation on the screen together.

import { sendFile } from "./chat-files.js";
import { freshId, Link, Outbox } from "./chat-link.js";
import { View } from "./chat-view.js";
import { say, speak } from "./chat-words.js";

const byId = (id) => document.getElementById(id);
const { asked, max } = byId("chat").dataset;
const text = byId("text");
const log = byId("log");
const MOST_ACKS = 400;

const outbox = new Outbox();
const view = new View({ log, scroll: byId("scroll"), newest: byId("newest"), onChoice: choose });
const link = new Link({
  outbox,
  hello: () => ({ seen: view.seen, lang: asked || navigator.language || null }),
  onWord: take,
  onState: showState,
});

/** Which thread the lines on the screen belong to. */
let thread = null;
let state = "connecting";
/** What the server knows of each line that the page got: "sent", "delivered" or "read". */
const known = new Map();
let typing = null;

// -- from the server ----------------------------------------------------------------------------------------

function take(word) {
  switch (word.type) {
    case "thread":
      if (word.thread !== thread && thread !== null) {
        view.clear();
        known.clear();
        outbox.filter((item) => item.state === "sending" || discard(item));
      }
      thread = word.thread;
      showLines(word.lines);
      // Only what comes from now on is read aloud.
      log.setAttribute("aria-live", "polite");
      break;
    case "lines":
      showLines(word.lines);
      break;
    case "accepted":
      settle(word.id, "accepted");
      hint("");
      break;
    case "typing":
      showTyping(true);
      break;
    case "later":
      hint(say("slow"));
      break;
    case "refused":
      settle(word.id, "failed");
      break;
  }
}

/** Show for some seconds that an answer is on its way, without a word for screen readers: the answer has one. */
function showTyping(on) {
  clearTimeout(typing);
  byId("typing").hidden = !on;
  if (on) typing = setTimeout(showTyping, 6000, false);
}

function showLines(lines) {
  if (lines.some((line) => line.who !== "person")) showTyping(false);
  for (const line of lines) {
    if (line.own) outbox.filter((item) => item.word.id !== line.own);
    if (line.who !== "person") known.set(line.id, line.state || "sent");
  }
  const spoken = lines.findLast((line) => line.lang && line.who !== "person");
  const turned = spoken ? speak(spoken.lang) : false;
  view.show(lines);
  if (turned) {
    view.redraw(outbox.items);
    showState(state);
  }
  confirm();
}

function settle(id, result) {
  const item = outbox.find(id);
  if (!item) return;
  outbox.mark(id, result);
  view.expect(item);
}

function discard(item) {
  view.settle(item.word.id);
  return false;
}

/** Say what arrived, and what was in front of the person. */
function confirm() {
  const now = document.hidden ? "delivered" : "read";
  const ids = [...known].filter(([, before]) => before !== "read" && before !== now).map(([id]) => id);
  for (let i = 0; i < ids.length; i += MOST_ACKS) {
    const some = ids.slice(i, i + MOST_ACKS);
    if (!link.tell({ type: "ack", ids: some, read: now === "read" })) return;
    for (const id of some) known.set(id, now);
  }
}

document.addEventListener("visibilitychange", () => document.hidden || confirm());

function showState(now) {
  state = now;
  const element = byId("state");
  element.dataset.state = now;
  element.textContent = say(now === "online" || now === "connecting" ? now : "connecting");
  const trouble = byId("trouble");
  trouble.hidden = now === "online" || now === "connecting";
  trouble.textContent = trouble.hidden ? "" : say(now);
}

// -- from the person ----------------------------------------------------------------------------------------

function send(word) {
  view.expect(outbox.add({ ...word, id: freshId() }));
  link.pump();
}

function choose(option, of) {
  const twice = outbox.items.some((item) => item.state === "sending" && item.word.token === option.token);
  if (!twice) send({ type: "choice", token: option.token, label: option.label, of });
}

function hint(words) {
  const element = byId("hint");
  element.hidden = !words;
  if (element.textContent !== words) element.textContent = words;
}

function sendText() {
  const typed = text.value.trim();
  const length = Array.from(typed).length;
  if (!typed) return;
  if (length > Number(max)) {
    hint(say("too_long", { n: length, max }));
    return;
  }
  text.value = "";
  grow();
  hint("");
  send({ type: "text", text: typed });
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  sendText();
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendText();
  }
});

text.addEventListener("input", () => {
  grow();
  if (Array.from(text.value.trim()).length <= Number(max)) hint("");
});

const attached = byId("file");
byId("attach").addEventListener("click", () => attached.click());
attached.addEventListener("change", async () => {
  const files = [...attached.files];
  attached.value = "";
  hint("");
  for (const file of files) {
    const refused = await sendFile(file, (id) => {
      const word = { type: "file", id, text: `${say("file")}: ${file.name}` };
      view.expect({ word, state: "sending", at: Date.now() });
    });
    if (refused) {
      view.settle(refused.id);
      hint(refused.words);
    }
  }
});

const ask = byId("ask");
byId("over").addEventListener("click", () => {
  ask.returnValue = "no";
  ask.showModal();
});
ask.addEventListener("close", async () => {
  if (ask.returnValue !== "yes" || !(await link.open(true))) return;
  for (const item of outbox.items) discard(item);
  outbox.filter(() => false);
  view.clear();
  known.clear();
  thread = null;
  text.focus();
});

for (const item of outbox.items) view.expect(item);
showState("connecting");
link.open();
