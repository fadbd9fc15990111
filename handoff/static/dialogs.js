// The windows that ask for what an act needs. Each resolves to the body of the request, or null.

import { get } from "./api.js";
import { ask, notice } from "./notice.js";
import { dayAndClock, languageName, number, queues, say, topicName, topics, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const PRESETS = [0, 1, 2, 4, 9];

for (const select of document.querySelectorAll("[data-topics]")) {
  const none = new Option(word("facts.no_topic"), "");
  select.replaceChildren(none, ...Object.keys(topics).map((topic) => new Option(topicName(topic), topic)));
}

async function fetched(path) {
  try {
    const { status, body } = await get(path);
    if (status === 200) return body;
  } catch {
    // Said below, as for every other answer.
  }
  notice("failed.network", {}, "bad");
  return null;
}

/** Outcome and topic of a case that ends. */
export async function askClose(card) {
  const dialog = byId("closing");
  dialog.querySelector("form").reset();
  byId("close-topic").value = card.topic ?? "";
  if (!(await ask(dialog))) return null;
  return { outcome: dialog.querySelector("input:checked").value, topic: byId("close-topic").value };
}

/** Until when and why a case is put aside; working days come from the team's own hours. */
export async function askPark() {
  const dialog = byId("parking");
  const form = dialog.querySelector("form");
  const days = (await fetched("workdays"))?.days ?? [];
  form.reset();
  const field = byId("park-date");
  field.min = local(Date.now());
  const choices = PRESETS.filter((place) => place < days.length).map((place) => days[place]);
  byId("park-presets").replaceChildren(
    ...choices.map((at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = dayAndClock(at);
      button.addEventListener("click", () => (field.value = local(at)));
      return button;
    }),
  );
  if (days.length) field.value = local(days[0]);
  // Until the person writes: then there is no date to promise.
  const change = () => {
    const open = form.elements.reason.value === "person";
    field.required = !open;
    byId("park-when").hidden = open;
  };
  form.addEventListener("change", change);
  change();
  const yes = await ask(dialog);
  form.removeEventListener("change", change);
  if (!yes) return null;
  const reason = form.elements.reason.value;
  if (reason === "person") return { reason, until: null, promised: false };
  return { reason, until: new Date(field.value).getTime(), promised: byId("park-promised").checked };
}

function local(at) {
  const moment = new Date(at);
  return new Date(at - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

/** To whom a case is handed over, and what they have to know. */
export async function askTransfer(card) {
  const team = (await fetched("team"))?.team;
  if (!team) return null;
  const base = (code) => code.split("-")[0];
  const speaks = (one) => !one.languages.length || one.languages.some((code) => base(code) === base(card.language));
  const order = [...team].sort((one, other) => speaks(other) - speaks(one) || other.here - one.here || one.load - other.load);
  const choices = order.map((one) => choice("to", one.id, one.name, colleague(one, speaks(one), card)));
  for (const id of queues) {
    const name = queues.length === 1 ? word("transfer.everybody") : id;
    choices.push(choice("queue", id, name, word("transfer.queue")));
  }
  const dialog = byId("handing");
  dialog.querySelector("form").reset();
  byId("colleagues").replaceChildren(...choices);
  if (!(await ask(dialog))) return null;
  const chosen = dialog.querySelector("input[name=to]:checked");
  return { [chosen.dataset.field]: chosen.value, note: byId("handing-note").value };
}

function colleague(one, speaks, card) {
  const parts = [
    word(one.here ? "transfer.here" : "transfer.away"),
    one.languages.map(languageName).join(", "),
    say("transfer.load", { load: number(one.load), capacity: number(one.capacity) }),
    one.absence,
    speaks ? "" : say("transfer.foreign", { language: languageName(card.language) }),
  ];
  return parts.filter(Boolean).join(" · ");
}

function choice(field, value, name, about) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "to", value, required: true });
  radio.dataset.field = field;
  const text = document.createElement("span");
  const strong = document.createElement("bdi");
  strong.textContent = name;
  const small = document.createElement("small");
  small.textContent = about;
  text.append(strong, small);
  label.append(radio, text);
  return label;
}

/** Topic and deadline of a case. */
export async function askFacts(card, verbs) {
  byId("edit-topic").value = card.topic ?? "";
  byId("edit-topic").disabled = !verbs.includes("topic");
  byId("edit-deadline").value = card.deadline ?? "";
  byId("edit-deadline").disabled = !verbs.includes("deadline");
  if (!(await ask(byId("facts-edit")))) return null;
  return { topic: byId("edit-topic").value, date: byId("edit-deadline").value || null };
}

/** Erasing cannot be undone, so the number of the case has to be typed. */
export async function askErase(card) {
  const field = byId("erase-number");
  field.value = "";
  if (!(await ask(byId("erasing")))) return null;
  if (field.value.trim().toUpperCase() === card.number.toUpperCase()) return {};
  notice("erase.wrong", {}, "warn");
  return null;
}

