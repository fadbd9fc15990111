// A file for the person: chosen beside the reply, sent as one press. The server says before anything goes out whether
// the person's messenger takes it; until then nothing is lost and nothing went.

import { newRequest } from "./api.js";
import { notice } from "./notice.js";
import { hasWord, word } from "./texts.js";

const csrf = document.querySelector('meta[name="csrf"]').content;

/** Put the button into the reply's form; ``currentCase`` returns the number of the case that is shown. */
export function offerFiles(form, currentCase) {
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.hidden = true;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.attach = "";
  button.textContent = word("reply.attach");
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    chooser.value = "";
    if (!file) return;
    button.disabled = true;
    await send(currentCase(), file);
    button.disabled = false;
  });
  form.append(chooser, button);
}

async function send(caseNumber, file) {
  const form = new FormData();
  form.append("request", newRequest());
  form.append("file", file, file.name);
  notice("file.sending");
  try {
    const answer = await fetch(`/desk/api/cases/${encodeURIComponent(caseNumber)}/files`, {
      method: "POST", credentials: "same-origin", headers: { "X-CSRF-Token": csrf }, body: form,
    });
    const { code, detail = {} } = await answer.json();
    if (code === "ok") notice("done.reply");
    else if (code === "working") notice("working");
    else if (hasWord(`refused.${code}`)) notice(`refused.${code}`, detail, "bad");
    else notice(code === "store" ? "failed.store" : "refused.other", { code }, "bad");
  } catch {
    notice("failed.network", {}, "bad");
  }
}
