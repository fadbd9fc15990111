// Am I here? Presence, the end of the shift, how many cases at once, and a word for colleagues.

import { post } from "./api.js";
import { ask, notice } from "./notice.js";
import { clock, fill, number } from "./texts.js";

const byId = (id) => document.getElementById(id);
const button = byId("presence");
const dialog = byId("being");

let me = { state: "away", capacity: 5 };
let done = async () => {};

/** Tell what to do when something was changed. */
export function onPresence(handler) {
  done = handler;
}

/** Draw what the board says of me; ``load`` is how many cases are mine to answer. */
export function drawPresence(presence, load) {
  me = presence;
  const over = me.shift_until && me.shift_until <= Date.now();
  const here = me.state === "here" && !over;
  button.dataset.state = here ? "here" : "away";
  const values = { load: number(load), capacity: number(me.capacity ?? 5), time: me.shift_until ? clock(me.shift_until) : "" };
  fill(button, here ? (me.shift_until ? "presence.shown_until" : "presence.shown_here") : "presence.shown_away", values);
}

async function change() {
  const form = dialog.querySelector("form");
  form.reset();
  form.elements.state.value = me.state === "here" ? "away" : "here";
  byId("being-capacity").value = me.capacity ?? 5;
  byId("being-absence").value = me.absence ?? "";
  byId("being-until").value = me.shift_until > Date.now() ? local(me.shift_until) : "";
  if (!(await ask(dialog))) return;
  const body = {
    state: form.elements.state.value, capacity: Number(byId("being-capacity").value), absence: byId("being-absence").value,
  };
  if (body.state === "here" && byId("being-until").value) body.shift_until = next(byId("being-until").value);
  try {
    const answer = await post("presence", body);
    if (answer.status !== 200) return notice("refused.malformed", {}, "bad");
    await done();
  } catch {
    notice("failed.network", {}, "bad");
  }
}

const local = (at) => new Date(at).toTimeString().slice(0, 5);

// A time that is over today means tomorrow: a shift can end after midnight.
function next(time) {
  const [hours, minutes] = time.split(":").map(Number);
  const end = new Date();
  end.setHours(hours, minutes, 0, 0);
  if (end <= new Date()) end.setDate(end.getDate() + 1);
  return end.getTime();
}

button.addEventListener("click", change);
