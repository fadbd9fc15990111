// The connection to the server: gets the cookie, keeps the socket, and keeps what is unsent until it is durable.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20000;
const NO_COOKIE = 4401;
const PING_EVERY = 30000;
const ANSWER_WITHIN = 15000;
const KEPT = "chat-outbox";

/** A random id for one message; a repeat under the same id changes nothing at the server. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the person sent and the server has not shown in the thread yet. Survives a reload of this tab. */
export class Outbox {
  constructor() {
    this.items = [];
    try {
      this.items = JSON.parse(sessionStorage.getItem(KEPT)) || [];
    } catch {
      // Storage is blocked or holds something else: this page then remembers only while it is open.
    }
  }

  add(word) {
    const item = { word, state: "sending", at: Date.now() };
    this.items.push(item);
    this.keep();
    return item;
  }

  find(id) {
    return this.items.find((item) => item.word.id === id);
  }

  next() {
    return this.items.find((item) => item.state === "sending");
  }

  mark(id, state) {
    const item = this.find(id);
    if (item) item.state = state;
    this.keep();
  }

  /** Keep only the items for which `wanted` is true. */
  filter(wanted) {
    this.items = this.items.filter(wanted);
    this.keep();
  }

  keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(this.items));
    } catch {
      // See above.
    }
  }
}

/** Keeps one socket open for as long as the page is. Calls back with the server's words and with its state. */
export class Link {
  constructor({ outbox, hello, onWord, onState }) {
    Object.assign(this, { outbox, hello, onWord, onState });
    this.pause = FIRST_PAUSE;
    this.refusals = 0;
    this.inFlight = null;
    this.socket = null;
    this.opening = false;
    setInterval(() => document.hidden || this.ping(), PING_EVERY);
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.socket?.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Begin, or begin again with `fresh` as another person with an empty thread. */
  async open(fresh = false) {
    if (this.opening) return false;
    this.opening = true;
    clearTimeout(this.timer);
    this.drop();
    try {
      const answer = await fetch(`/chat/session${fresh ? "?fresh=1" : ""}`, { method: "POST" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.connect();
      return true;
    } catch {
      this.retry();
      return false;
    } finally {
      this.opening = false;
    }
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/chat/ws`);
    this.socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "hello", ...this.hello() }));
      this.pump();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.take(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code);
    };
  }

  take(word) {
    clearTimeout(this.waiting);
    if (word.type === "thread") {
      this.pause = FIRST_PAUSE;
      this.refusals = 0;
      this.onState("online");
    }
    if (word.type === "later") {
      this.inFlight = null;
      clearTimeout(this.hold);
      this.hold = setTimeout(() => this.pump(), word.after);
    }
    this.onWord(word);
    if (word.type === "accepted" || word.type === "refused") {
      this.inFlight = null;
      this.pump();
    }
  }

  lost(code) {
    this.drop();
    if (code === NO_COOKIE) {
      this.refusals += 1;
      if (this.refusals > 1) {
        this.onState("cookies");
        return;
      }
      this.open();
      return;
    }
    this.retry();
  }

  retry() {
    this.onState("offline");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  /** The network or the person is back: do not wait for the next try. */
  hurry() {
    if (this.socket === null && this.refusals < 2) {
      this.pause = FIRST_PAUSE;
      this.open();
    }
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.inFlight = null;
    clearTimeout(this.waiting);
    socket?.close();
  }

  /** Send the oldest unsent message. One at a time, so that they arrive in order. */
  pump() {
    clearTimeout(this.hold);
    if (this.inFlight || this.socket?.readyState !== WebSocket.OPEN) return;
    const item = this.outbox.next();
    if (!item) return;
    this.inFlight = item.word.id;
    this.socket.send(JSON.stringify(item.word));
    this.expect();
  }

  /** Ask for a sign of life: a mobile connection can die without a word. */
  ping() {
    if (this.tell({ type: "ping" })) this.expect();
  }

  /** Take the connection for lost unless the server says something soon. */
  expect() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.drop();
      this.retry();
    }, ANSWER_WITHIN);
  }

  /** Tell the server something that is not kept; false when there is no connection. */
  tell(word) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(word));
    return true;
  }
}
