// The conversation on the screen. Everything is set as text; links come only from marked spans and only as https.

import { fileOf } from "./chat-files.js";
import { isRightToLeft, language, say } from "./chat-words.js";

const RLM = "\u200f";
const RTL_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;
const LETTER = /\p{L}/u;
const TAG = { bold: "strong", italic: "em" };

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Code points of a text; in a right-to-left language a paragraph that begins in Latin letters keeps its direction. */
function characters(text, lang) {
  const found = Array.from(text);
  if (!isRightToLeft(lang)) return found;
  let start = 0;
  for (const paragraph of text.split("\n")) {
    const first = paragraph.match(LETTER);
    if (first && RTL_LETTER.test(paragraph) && !RTL_LETTER.test(first[0])) found[start] = RLM + found[start];
    start += Array.from(paragraph).length + 1;
  }
  return found;
}

/** Fill an element with a text and its formatting. Offsets count code points. */
function fill(element, text, spans, lang) {
  const points = characters(text, lang);
  const cuts = new Set([0, points.length]);
  for (const span of spans) cuts.add(span.start).add(span.end);
  const edges = [...cuts].filter((at) => at >= 0 && at <= points.length).sort((a, b) => a - b);
  for (let i = 0; i + 1 < edges.length; i += 1) {
    let node = document.createTextNode(points.slice(edges[i], edges[i + 1]).join(""));
    for (const span of spans) {
      if (span.start > edges[i] || span.end < edges[i + 1]) continue;
      const wrapper = span.style === "link" ? link(span.url) : make(TAG[span.style] || "span");
      if (!wrapper) continue;
      wrapper.append(node);
      node = wrapper;
    }
    element.append(node);
  }
}

function link(url, className) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol !== "https:") return null;
  const element = make("a", className);
  element.href = parsed.href;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  return element;
}

export class View {
  constructor({ log, scroll, newest, onChoice }) {
    Object.assign(this, { log, scroll, newest, onChoice });
    this.lines = new Map();
    this.pending = new Map();
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => {
      if (this.atEnd()) this.newest.hidden = true;
    });
    // A keyboard that opens, or a box that grows, must not hide the last message.
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.scroll);
    this.following = true;
    this.scroll.addEventListener("scroll", () => {
      this.following = this.atEnd();
    });
  }

  /** The highest line there is, for the next greeting. */
  get seen() {
    return Math.max(0, ...Array.from(this.lines.values(), (line) => line.seq));
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 80;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.newest.hidden = true;
  }

  /** Show what is new, but never scroll past what the person wrote last: help numbers come before long menus. */
  toNews() {
    const own = [...this.lines.values()].filter((line) => line.who === "person").sort((a, b) => b.seq - a.seq)[0];
    const anchor = [...this.pending.values()].at(-1) || own?.element;
    this.toEnd();
    if (!anchor) return;
    const above = this.scroll.getBoundingClientRect().top - anchor.getBoundingClientRect().top;
    if (above > 0) this.scroll.scrollTop -= above + 8;
    this.following = this.atEnd();
    this.newest.hidden = this.following;
  }

  /** Remove all lines; what is still unsent stays. */
  clear() {
    for (const line of this.lines.values()) line.element.remove();
    for (const day of this.log.querySelectorAll(".day")) day.remove();
    this.lines.clear();
  }

  /** Show lines, each once, each in its place. */
  show(lines) {
    const follow = this.atEnd();
    const first = !this.lines.size;
    let news = false;
    for (const line of lines) {
      if (line.own) this.settle(line.own);
      const element = this.element(line);
      const known = this.lines.get(line.id);
      if (known) {
        known.element.replaceWith(element);
      } else {
        news = news || line.who !== "person";
        this.place(element, line.seq);
      }
      this.lines.set(line.id, { ...line, element });
    }
    this.arrange();
    if (follow && first) this.toEnd();
    else if (follow) this.toNews();
    else if (news) this.newest.hidden = false;
  }

  place(element, seq) {
    const behind = [...this.lines.values()].filter((line) => line.seq > seq).sort((a, b) => a.seq - b.seq)[0];
    const firstPending = this.pending.values().next().value;
    this.log.insertBefore(element, behind?.element || firstPending || null);
  }

  /** Show a message of the person at once, before the server has it. */
  expect(item) {
    const { word, state, at } = item;
    const kind = word.type === "choice" ? "choice" : "text";
    const line = { who: "person", kind, text: word.label || word.text || "✓", at, pending: state };
    const element = this.element(line);
    const before = this.pending.get(word.id);
    if (before) before.replaceWith(element);
    else this.log.append(element);
    this.pending.set(word.id, element);
    element.dataset.token = word.token || "";
    element.dataset.of = word.of || "";
    this.arrange();
    if (!before) this.toEnd();
  }

  /** The real line is there, or the message was taken back. */
  settle(id) {
    this.pending.get(id)?.remove();
    this.pending.delete(id);
  }

  element(line) {
    const who = line.who === "system" ? "bot" : line.who;
    const article = make("article", `line ${who}${line.kind === "choice" ? " choice" : ""}`);
    if (line.seq !== undefined) article.dataset.seq = line.seq;
    const bubble = make("div", "bubble");
    bubble.append(this.by(line, who));
    const text = make("div", "text");
    text.dir = "auto";
    if (line.lang) text.lang = line.lang;
    fill(text, line.text, line.spans || [], line.lang);
    if (line.file && line.seq !== undefined) bubble.append(fileOf(line));
    if (line.text || !line.file) bubble.append(text);
    bubble.append(this.meta(line));
    article.append(bubble);
    if (line.options?.length) article.append(this.options(line));
    return article;
  }

  by(line, who) {
    const name = make("p", who === "counsellor" ? "by" : "by unseen");
    name.dir = "auto";
    if (who === "person") name.textContent = say("you");
    else if (who === "bot") name.textContent = say("bot");
    else name.textContent = line.name ? say("counsellor_named", { name: line.name }) : say("counsellor");
    return name;
  }

  meta(line) {
    const meta = make("p", "meta");
    const at = new Date(line.at);
    const time = make("time", "", at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }));
    time.dateTime = at.toISOString();
    meta.append(time);
    if (line.who === "person") {
      const state = { sending: "sending", failed: "failed" }[line.pending] || "sent";
      meta.append(make("span", `tick ${state}`, say(state)));
    }
    return meta;
  }

  options(line) {
    const group = make("div", "options");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", say("options"));
    for (const option of line.options) {
      const label = make("span", "", characters(option.label, line.lang).join(""));
      label.dir = "auto";
      let button;
      if (option.url) {
        button = link(option.url, "option");
        if (!button) continue;
        button.append(label, make("span", "unseen", ` (${say("new_window")})`));
      } else {
        button = make("button", "option");
        button.type = "button";
        button.dataset.token = option.token;
        button.append(label);
        button.addEventListener("click", () => this.onChoice(option, line.id));
      }
      if (line.lang) button.lang = line.lang;
      group.append(button);
    }
    return group;
  }

  /** Set day marks, mark pressed buttons, and tell the open question from older ones. */
  arrange() {
    for (const day of this.log.querySelectorAll(".day")) day.remove();
    const ordered = [...this.lines.values()].sort((a, b) => a.seq - b.seq);
    let day = "";
    let open = null;
    const pressed = [];
    for (const line of ordered) {
      const today = new Date(line.at).toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
      if (today !== day) this.log.insertBefore(make("p", "day", today), line.element);
      day = today;
      line.element.classList.remove("open");
      if (line.options?.length) open = line;
      if (line.kind === "choice") pressed.push([line.token, line.of]);
    }
    for (const element of this.pending.values()) pressed.push([element.dataset.token, element.dataset.of]);
    if (open) open.element.classList.add("open");
    for (const [token, of] of pressed) this.press(token, of, ordered);
  }

  press(token, of, ordered) {
    const line = this.lines.get(of) || ordered.findLast((one) => one.options?.some((o) => o.token === token));
    for (const button of line?.element.querySelectorAll("button.option") || []) {
      if (button.dataset.token !== token || button.classList.contains("pressed")) continue;
      button.classList.add("pressed");
      button.append(make("span", "unseen", ` (${say("chosen")})`));
    }
  }

  /** Draw everything again, in another language of the page. */
  redraw(items) {
    for (const line of this.lines.values()) {
      const element = this.element(line);
      line.element.replaceWith(element);
      line.element = element;
    }
    for (const item of items) this.expect(item);
    this.arrange();
  }
}
