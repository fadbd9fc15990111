// Words, times and names in the language of the page. Values are put in as isolated text, never as markup.

const page = JSON.parse(document.getElementById("page").textContent);

export const { language, gap, topics, queues, keys: keysOn } = page;

/** The text of a key; a key without text shows itself, so that it is noticed. */
export function word(key) {
  return page.texts[key] ?? key;
}

/** Whether there is a text for this key. */
export function hasWord(key) {
  return key in page.texts;
}

/** A text with its {values} as a string; each value is isolated so that directions cannot mix. */
export function say(key, values = {}) {
  return word(key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? `\u2068${values[name]}\u2069` : whole));
}

/** Put a text into an element, each of its {values} in a <bdi>. */
export function fill(element, key, values = {}) {
  const parts = word(key).split(/\{(\w+)\}/);
  element.replaceChildren(
    ...parts.map((part, n) => {
      if (n % 2 === 0) return document.createTextNode(part);
      const value = document.createElement("bdi");
      value.textContent = values[part] ?? "";
      return value;
    }),
  );
  return element;
}

// Digits are those of forms and letters in Germany; English is written the European way, and days have 24 hours.
const locale = `${language === "en" ? "en-GB" : language}-u-nu-latn`;
const units = (unit) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" });
const formats = { day: units("day"), hour: units("hour"), minute: units("minute"), second: units("second") };
const clockFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dateFormat = new Intl.DateTimeFormat(locale, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const languageNames = new Intl.DisplayNames([language], { type: "language", fallback: "code" });

const dayFormat = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

/** A day written as YYYY-MM-DD. */
export function day(text) {
  const [year, month, date] = text.split("-").map(Number);
  return dayFormat.format(new Date(year, month - 1, date));
}

/** The day of a moment. */
export const dayOf = (at) => dayFormat.format(new Date(at));

/** The day of a moment with its time. */
export const dayAndClock = (at) => `${dayOf(at)}, ${clock(at)}`;

const sizes = ["byte", "kilobyte", "megabyte"].map(
  (unit) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }),
);

/** How large a file is. */
export function size(bytes) {
  const step = bytes < 1000 ? 0 : bytes < 1e6 ? 1 : 2;
  return sizes[step].format(bytes / 1000 ** step);
}

/** What a topic is called. */
export const topicName = (topic) => topics[topic] ?? topic;

/** What the bot noted: its own words, or what kind of danger it found. */
export function noteOf({ note }) {
  const kind = /^crisis: (\w+)$/.exec(note ?? "")?.[1];
  return kind && hasWord(`crisis.${kind}`) ? word(`crisis.${kind}`) : (note ?? "");
}

/** Why a message did not arrive: lines of ``code=what``, or plain words where a line is no code. */
export function reasonText(reason) {
  return (reason ?? "")
    .split("\n")
    .map((part) => {
      const [, code, what] = /^([\w.]+)(?:=(.*))?$/u.exec(part) ?? [];
      return code && hasWord(`reason.${code}`) ? say(`reason.${code}`, { what: what ?? "" }) : part;
    })
    .join(" ");
}

/** A number in the page's digits. */
export const number = (value) => new Intl.NumberFormat(locale).format(value);

/** A short time: seconds. */
export const seconds = (milliseconds) => formats.second.format(Math.max(0, Math.round(milliseconds / 1000)));

/** How long somebody has waited, in the two largest units. */
export function duration(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = days
    ? [formats.day.format(days), hours && formats.hour.format(hours)]
    : [hours && formats.hour.format(hours), (minutes % 60 || !hours) && formats.minute.format(minutes % 60)];
  return parts.filter(Boolean).join(" ");
}

/** A time of day. */
export const clock = (at) => clockFormat.format(new Date(at));

/** A moment: the time of day, with the date when it was not today. */
export function moment(at) {
  const today = new Date().toDateString() === new Date(at).toDateString();
  return (today ? clockFormat : dateFormat).format(new Date(at));
}

/** The name of a language in the page's language. */
export function languageName(code) {
  try {
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}

/** The name of a channel. */
export const channelName = (channel) => (hasWord(`channel.${channel}`) ? word(`channel.${channel}`) : channel);
