// Words, times and names in the language of the page. Values are put in as isolated text, never as markup.

const page = JSON.parse(document.getElementById("page").textContent);

export const language = page.language;

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

const units = (unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" });
const formats = { day: units("day"), hour: units("hour"), minute: units("minute"), second: units("second") };
const clockFormat = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const dateFormat = new Intl.DateTimeFormat(language, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const languageNames = new Intl.DisplayNames([language], { type: "language", fallback: "code" });

/** A number in the page's digits. */
export const number = (value) => new Intl.NumberFormat(language).format(value);

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
