// The page's own words, in the language of the bot's last message. The bot's texts come with the messages.

const all = JSON.parse(document.getElementById("words").textContent);
const rightToLeft = new Set(["ar", "fa", "he", "ur", "ps", "ckb", "yi"]);
const title = document.getElementById("chat").dataset.title;

/** Language of the page now: a primary subtag such as "ar". */
export let language = document.documentElement.lang;

/** The primary subtag of a language tag, in lower case. */
export function primary(tag) {
  return (tag || "").replaceAll("_", "-").split("-")[0].toLowerCase();
}

/** Whether a language is written from right to left. */
export function isRightToLeft(tag) {
  return rightToLeft.has(primary(tag));
}

/** The words for a key, with {placeholders} filled. */
export function say(key, values = {}) {
  const text = (all[language] || all.en)[key];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Turn the page to another language; the English words stand in where the page has none of its own. */
export function speak(tag) {
  const wanted = primary(tag);
  if (!wanted || wanted === language) return false;
  language = wanted in all ? wanted : "en";
  document.documentElement.lang = language;
  document.documentElement.dir = isRightToLeft(language) ? "rtl" : "ltr";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
  for (const element of document.querySelectorAll("[data-word-label]")) {
    element.setAttribute("aria-label", say(element.dataset.wordLabel));
  }
  for (const element of document.querySelectorAll("[data-word-placeholder]")) {
    element.placeholder = say(element.dataset.wordPlaceholder);
  }
  document.getElementById("notice").textContent = say("notice", { name: title });
  return true;
}
