// The live line: one WebSocket that tells which cases changed. After a cut it comes back with its cursor and hears
// what it missed. The state bar says what is true: since when the page is known to match the server.

import { leave } from "./api.js";
import { announce } from "./notice.js";
import { clock, fill, seconds, word } from "./texts.js";

// The server gives a sign of life every 5 seconds; without one for so long the line is dead, whatever the socket says.
const SILENT = 12000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10000;
const SIGNED_OUT = 4401;

const bar = document.getElementById("status");
let handler = async () => {};
let socket = null;
let cursor = "";
let wait = FIRST_WAIT;
let timer = 0;
// When the page last matched the server; 0 until it did.
let syncedAt = 0;
let heardAt = 0;
let queue = Promise.resolve();
let connected = null;

/** Start; ``change(message)`` loads what a message says and rejects when it could not. */
export function live(change) {
  handler = change;
  connect();
  setInterval(tick, 1000);
  window.addEventListener("online", () => connect());
  window.addEventListener("offline", drop);
  document.addEventListener("visibilitychange", () => !document.hidden && tick());
}

/** Say something to the server, if there is a line; it is only ever about looking, so nothing is lost without one. */
export function say(words) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
}

function connect() {
  clearTimeout(timer);
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/desk/live?cursor=${encodeURIComponent(cursor)}`);
  socket = mine;
  heardAt = Date.now();
  mine.addEventListener("open", () => window.dispatchEvent(new Event("desk-connected")));
  mine.addEventListener("message", (event) => mine === socket && hear(mine, JSON.parse(event.data)));
  mine.addEventListener("close", (event) => {
    if (mine !== socket) return;
    if (event.code === SIGNED_OUT) leave();
    else again();
  });
}

// One message after the other: the cursor moves only when all that it stands for has been loaded, so what failed to
// load is asked for again.
function hear(mine, message) {
  heardAt = Date.now();
  queue = queue.then(async () => {
    if (mine !== socket) return;
    try {
      await handler(message);
      if (message.cursor) cursor = message.cursor;
      wait = FIRST_WAIT;
      syncedAt = Date.now();
      tick();
    } catch {
      if (mine === socket) drop();
    }
  });
}

function drop() {
  const old = socket;
  socket = null;
  old?.close();
  again();
}

function again() {
  socket = null;
  clearTimeout(timer);
  // Spread, so that not all desks come back in the same moment.
  timer = setTimeout(() => {
    connect();
    // A refused upgrade tells nothing; a read says whether the session is over.
    handler({ type: "check", cases: [] }).catch(() => {});
  }, wait * (0.5 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_WAIT);
  tick();
}

function tick() {
  if (socket && Date.now() - heardAt > SILENT) return drop();
  const now = syncedAt > 0 && socket?.readyState === WebSocket.OPEN;
  if (syncedAt === 0) {
    bar.dataset.state = "connecting";
    bar.textContent = word("live.connecting");
  } else if (now) {
    bar.dataset.state = "on";
    fill(bar, "live.synced", { ago: seconds(Date.now() - syncedAt) });
  } else {
    bar.dataset.state = "off";
    fill(bar, "live.off", { time: clock(syncedAt) });
  }
  if (connected === true && !now) announce("live.off", { time: clock(syncedAt) });
  connected = now;
}
