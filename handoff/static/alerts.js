// A sound and a notice of the browser when somebody needs an answer: for my cases, for danger, and when people wait while
// I have nothing to do. Repeated until somebody looks. Neither ever holds a word of a person.

import { languageName, say, topicName, word } from "./texts.js";

const REPEAT = 30000;
const SOUND = "desk.sound";
const NOTIFY = "desk.notify";
const sound = document.getElementById("sound-on");
const notify = document.getElementById("notify-on");

// Cases that were there already, by what they asked for; null until the first board came.
let known = null;
let calling = null;
let context = null;

/** Look through a new board for what should be heard. */
export function alertFor(board) {
  const idle = !board.needs_me.length;
  const loud = [
    ...board.needs_me,
    ...board.offers,
    ...board.waiting.filter((card) => card.urgency === "safety" || (idle && card.mine_to_speak)),
  ];
  const now = new Map(loud.map((card) => [`${card.number}/${card.state}/${card.unanswered ?? card.touched}`, card]));
  const news = known ? [...now].filter(([key]) => !known.has(key)).map(([, card]) => card) : [];
  known = new Set(now.keys());
  if (!loud.length) return quiet();
  if (news.length && !looked()) call(news[0]);
}

const looked = () => !document.hidden && document.hasFocus();

function call(card) {
  quiet();
  ring(card);
  calling = setInterval(() => (looked() ? quiet() : ring(card)), REPEAT);
}

function quiet() {
  clearInterval(calling);
  calling = null;
}

function ring(card) {
  if (sound.checked) beep(card.urgency === "safety");
  if (!notify.checked || !("Notification" in window) || Notification.permission !== "granted") return;
  const what = [languageName(card.language), card.topic ? topicName(card.topic) : ""].filter(Boolean).join(", ");
  const shown = new Notification(word("title"), { body: say("alerts.waits", { what }), tag: "desk" });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
  });
}

// Two short tones, three for danger; made here, so that no file is loaded.
function beep(danger) {
  context ??= new AudioContext();
  for (let n = 0; n < (danger ? 3 : 2); n += 1) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const start = context.currentTime + n * 0.25;
    tone.frequency.value = danger ? 880 : 520 + n * 140;
    volume.gain.setValueAtTime(0.12, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.22);
  }
}

sound.checked = localStorage.getItem(SOUND) !== "off";
sound.addEventListener("change", () => localStorage.setItem(SOUND, sound.checked ? "on" : "off"));
notify.checked = localStorage.getItem(NOTIFY) === "on" && "Notification" in window && Notification.permission === "granted";
notify.addEventListener("change", async () => {
  if (notify.checked && "Notification" in window) {
    notify.checked = (await Notification.requestPermission()) === "granted";
  } else notify.checked = false;
  localStorage.setItem(NOTIFY, notify.checked ? "on" : "off");
});
window.addEventListener("focus", quiet);
document.addEventListener("visibilitychange", () => looked() && quiet());
