// Numbers, references, addresses and dates inside a text stand by themselves, so that a line of another direction
// cannot turn them around. Text stays text: this makes elements, never markup.

// Every part has a bound, so that a hostile text costs no more than its length.
const ALONE = new RegExp(
  [
    String.raw`https?:\/\/\S{1,500}`,
    String.raw`§{1,2}[ \u00a0]?\d{1,4}[a-z]?(?:[ \u00a0](?:Abs\.|Nr\.|Satz)[ \u00a0]?\d{1,3}){0,3}(?:[ \u00a0][A-Z][A-Za-z]{1,8}(?:[ \u00a0][IVX]{1,4})?)?`,
    String.raw`[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,3})?`,
    String.raw`\(0\d{1,5}\)[ \u00a0]?\d[\d \/-]{1,20}\d`,
    String.raw`[+\d][\d .,:\/–-]{0,40}\d(?:[ \u00a0]?[%€])?`,
  ].join("|"),
  "gu",
);

const WHOLE = 20;

/** Put a text into an element, with what has a direction of its own isolated. */
export function put(element, text) {
  const parts = [];
  let place = 0;
  for (const found of text.matchAll(ALONE)) {
    if (found.index > place) parts.push(document.createTextNode(text.slice(place, found.index)));
    const alone = document.createElement("bdi");
    alone.textContent = found[0];
    // A short number is read at one glance, so it is not torn apart at the end of a line.
    if (found[0].length <= WHOLE) alone.className = "whole";
    parts.push(alone);
    place = found.index + found[0].length;
  }
  if (place < text.length || !parts.length) parts.push(document.createTextNode(text.slice(place)));
  element.replaceChildren(...parts);
  return element;
}
