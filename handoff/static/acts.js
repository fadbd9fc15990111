// What a counsellor can do with a case: one press, one request, one answer in plain words.

import { casePath, get, newRequest, post, upload } from "./api.js";
import { remember } from "./attach.js";
import { askErase, askFacts, askPark, askTransfer, askClose } from "./dialogs.js";
import { notice, sure } from "./notice.js";
import { hasWord, languageName, say, duration, topicName } from "./texts.js";

let reload = async () => {};
let opened = async () => {};
let acting = 0;

/** Whether an act is under way. */
export const busy = () => acting > 0;

/** Tell what to load after an act, and how to open a case that is mine now. */
export function onActed(loader, opener) {
  reload = loader;
  opened = opener;
}

/** Do something with a case; tells what became of it and returns whether it was done. */
export async function act(caseNumber, verb, body = {}, request = newRequest()) {
  return (await press(casePath(caseNumber, `/${verb}`), verb, { ...body, request })).status === 200;
}

/** Send a file to the person, with the text that goes with it. */
export async function sendFile(caseNumber, file, text, request) {
  // The file stands last, so that the server need not hold it while it reads the rest.
  const form = new FormData();
  form.append("request", request);
  form.append("text", text);
  form.append("file", file);
  notice("file.sending");
  const answer = await press(casePath(caseNumber, "/files"), "reply", { request }, (path) => upload(path, form));
  const reply = answer.body.detail?.reply;
  if (answer.status === 200 && reply) remember(caseNumber, reply, file);
  return answer.status === 200;
}

async function press(path, verb, body, ask = post) {
  acting += 1;
  try {
    let answer = await ask(path, body);
    for (let tries = 0; answer.status === 202 && tries < 6; tries += 1) {
      notice("working", {}, "warn");
      answer = await get(`acts/${answer.body.request ?? body.request}`);
    }
    tell(verb, answer);
    await Promise.allSettled([reload()]);
    return answer;
  } catch {
    notice("failed.network", {}, "bad");
    return { status: 0, body: {} };
  } finally {
    acting -= 1;
  }
}

function tell(verb, { status, body }) {
  if (status === 200) return hasWord(`done.${verb}`) && notice(`done.${verb}`);
  if (status === 202) return notice("working", {}, "warn");
  if (status === 404) return notice("conversation.gone", {}, "bad");
  if (status === 503) return notice("failed.store", {}, "bad");
  const code = body.code ?? String(status);
  const key = hasWord(`refused.${code}`) ? `refused.${code}` : "refused.other";
  return notice(key, { name: body.detail?.name ?? "", most: body.detail?.most ?? "", type: body.detail?.type ?? "", code }, "bad");
}

/** Take the best case for me, and say why it is this one. */
export async function claimNext() {
  const { status, body } = await press("next", "next", { request: newRequest() });
  if (status !== 200 || !body.case) return;
  await opened(body.case);
  if (body.why) notice("next.why", { case: body.case, why: because(body.why) });
  else notice("done.claim");
}

/** The reason why a case comes next, in a few words. */
export function because({ class: code, why, waited_ms: waited, language, topic }) {
  const key = `why.${why ?? code}`;
  const parts = [hasWord(key) ? say(key) : "", languageName(language), duration(waited), topic ? topicName(topic) : ""];
  return parts.filter(Boolean).join(" · ");
}

async function claim({ card }) {
  const language = languageName(card.language);
  if (!card.mine_to_speak && !(await sure("claim.foreign", { language }))) return;
  if (await act(card.number, "claim", { seen: card.version })) await opened(card.number);
}

/** By verb: what happens when its button or key is pressed, with the case as it was shown. */
export const ACTS = {
  claim,
  accept: async ({ card }) => {
    if (await act(card.number, "accept", { seen: card.version })) await opened(card.number);
  },
  decline: ({ card }) => act(card.number, "decline"),
  withdraw: ({ card }) => act(card.number, "withdraw"),
  wake: ({ card }) => act(card.number, "wake"),
  reopen: async ({ card }) => {
    const answer = await press(casePath(card.number, "/reopen"), "reopen", { request: newRequest() });
    if (answer.status === 200) await opened(answer.body.detail?.case ?? answer.body.case);
  },
  release: async ({ card }) => (await sure("release.sure")) && act(card.number, "release"),
  return: async ({ card }) => (await sure("return.sure")) && act(card.number, "return", { seen: card.version }),
  export: async ({ card }) => (await sure("export.sure")) && act(card.number, "export"),
  park: async ({ card }) => send(card, "park", await askPark()),
  transfer: async ({ card }) => send(card, "transfer", await askTransfer(card)),
  close: async ({ card }) => send(card, "close", await askClose(card), card.version),
  erase: async ({ card }) => send(card, "erase", await askErase(card)),
  facts: async ({ card, verbs }) => {
    const asked = await askFacts(card, verbs);
    if (!asked) return;
    if (asked.topic !== (card.topic ?? "") && verbs.includes("topic")) await act(card.number, "topic", { topic: asked.topic });
    if (asked.date !== (card.deadline || null) && verbs.includes("deadline")) await act(card.number, "deadline", { date: asked.date });
  },
};

const send = (card, verb, body, seen) => body && act(card.number, verb, seen === undefined ? body : { ...body, seen });
