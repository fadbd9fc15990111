// Files that came or went: a picture, a player or a way to save it, or in plain words why there is none. The server
// decided from the bytes what may be shown; everything else is only ever saved.

import { casePath } from "./api.js";
import { fill, hasWord, size, word } from "./texts.js";

const PLAYERS = { image: "img", audio: "audio", video: "video" };

/** Draw the file of a line; drawn again only when something changed. */
export function drawFile(element, line, caseNumber) {
  const file = line.file;
  element.hidden = !file;
  if (!file) return;
  const state = `${file.state}/${file.reason ?? ""}`;
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  const words = document.createElement("p");
  if (file.state !== "ready") {
    const key = `file.reason.${file.reason}`;
    words.textContent = file.reason && hasWord(key) ? word(key) : word(`file.${file.state}`);
    element.replaceChildren(words);
    return;
  }
  const address = fileAddress(line, caseNumber);
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  fill(link, "file.save", { name: file.name || word("file.unnamed"), size: size(file.size) });
  words.append(link);
  const player = file.inline ? preview(file.mime, address) : null;
  element.replaceChildren(...(player ? [player] : []), words);
}

/** The address of a line's file. */
export const fileAddress = (line, caseNumber) => `/desk/api/${casePath(caseNumber, `/files/${line.seq}`)}`;

function preview(mime, address) {
  const tag = PLAYERS[mime.split("/")[0]];
  if (!tag) return null;
  const element = document.createElement(tag);
  if (tag === "img") {
    element.alt = word("file.picture");
    element.loading = "lazy";
  } else {
    element.controls = true;
    element.preload = "none";
  }
  element.src = address;
  return element;
}
