// Sending a file: chosen, shown once more by name and size, and sent with what stands in the reply.

import { sendFile } from "./acts.js";
import { sendWith } from "./composer.js";
import { sure } from "./notice.js";
import { size } from "./texts.js";

const field = document.getElementById("attach");

document.getElementById("attach-open").addEventListener("click", () => field.click());
field.addEventListener("change", async () => {
  const [file] = field.files;
  field.value = "";
  if (!file) return;
  if (await sure("attach.sure", { name: file.name, size: size(file.size) })) await sendWith(file, sendFile);
});
