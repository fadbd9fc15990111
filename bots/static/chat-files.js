// Files: sent with a form of their own beside the socket, and shown as what the server found them to be.

import { freshId } from "./chat-link.js";
import { say } from "./chat-words.js";

const SHOWN = { image: "img", audio: "audio", video: "video" };
const TRIES = 4;
const PAUSE = 1500;

/** Send one file; resolves to null, or to the words that say why it did not go. `pending` gets its id beforehand. */
export async function sendFile(file, pending) {
  const id = freshId();
  pending(id);
  if (!file.size) return { id, words: say("file_empty") };
  for (let n = 0; n < TRIES; n += 1) {
    // The same id each time: a repeat after a lost answer changes nothing.
    const form = new FormData();
    form.append("id", id);
    form.append("file", file, file.name);
    try {
      const answer = await fetch("/chat/files", { method: "POST", body: form });
      const { code, detail } = await answer.json();
      if (code === "ok") return null;
      if (code === "too_large") return { id, words: say("file_too_large", { most: detail.most }) };
      if (code === "empty") return { id, words: say("file_empty") };
      if (code !== "later") break;
    } catch {
      // No connection, or the server is away: again in a moment.
    }
    await new Promise((done) => setTimeout(done, PAUSE * 2 ** n));
  }
  return { id, words: say("file_failed") };
}

/** The elements that show the file of a line. */
export function fileOf(line) {
  const { name, show } = line.file;
  const address = `/chat/files/${line.seq}`;
  const box = document.createElement("div");
  box.className = "file";
  if (SHOWN[show]) {
    const shown = document.createElement(SHOWN[show]);
    if (show === "image") {
      shown.alt = name || say("file");
      shown.loading = "lazy";
    } else {
      shown.controls = true;
      shown.preload = "none";
    }
    shown.src = address;
    box.append(shown);
  }
  const link = document.createElement("a");
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  const label = document.createElement("bdi");
  label.textContent = name || say("file");
  link.append(`${say("save")}: `, label);
  box.append(link);
  return box;
}
