// Talking to the server. A session that ended leads to the sign-in; everything else comes back as {status, body}.

const csrf = document.querySelector('meta[name="csrf"]').content;
const LIMIT = 15000;

/** A fresh random id for one press of a button; sending it again does nothing twice. */
export function newRequest() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Leave for the sign-in page. */
export function leave() {
  window.dispatchEvent(new Event("leaving"));
  location.assign("/desk/sign-in");
}

async function call(path, options) {
  const response = await fetch(`/desk/api/${path}`, {
    credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(LIMIT), ...options,
  });
  if (response.status === 401) leave();
  const body = await response.json().catch(() => ({}));
  return { status: response.status, body };
}

const changing = (method) => (path, body, options = {}) =>
  call(path, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
    ...options,
  });

/** Read. Throws when the server cannot be reached. */
export const get = (path) => call(path, {});

/** Change. Throws when the server cannot be reached. */
export const post = changing("POST");

/** Send a form with a file; it may take a while. Throws when the server cannot be reached. */
export const upload = (path, form) =>
  call(path, { method: "POST", headers: { "X-CSRF-Token": csrf }, body: form, signal: AbortSignal.timeout(8 * LIMIT) });

/** Write something whole, again and again. Throws when the server cannot be reached. */
export const put = changing("PUT");

/** The path of a case. */
export const casePath = (number, rest = "") => `cases/${encodeURIComponent(number)}${rest}`;
