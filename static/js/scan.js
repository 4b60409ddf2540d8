// Label after label without a page between them: what is scanned is sent in its order, each with a
// uid of its own, so that sending it again adds nothing. Without a script the form does the same.

const form = document.querySelector("form[data-scan]");
const waiting = [];
let isSending = false;

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = form.elements.code;
  if (!code.value.trim()) return code.focus();
  const told = new URLSearchParams(new FormData(form));
  told.set("uid", newUid());
  waiting.push(told);
  code.value = "";
  form.elements.quantity.value = "1";
  code.focus();
  send();
});

async function send() {
  if (isSending || !waiting.length) return;
  isSending = true;
  document.querySelector(form.dataset.scan)?.classList.add("is-sending");
  const told = waiting[0];
  const answer = await fetch(form.action, {
    method: "POST",
    body: told,
    headers: { "HX-Request": "true" },
  }).catch(() => null);
  isSending = false;
  if (!answer) {
    setTimeout(send, 2000); // the network is gone: the same uid, so nothing is counted twice
    return;
  }
  waiting.shift();
  if (answer.status !== 200 && answer.status !== 422) return form.submit(); // signed out, or worse
  show(await answer.text());
  if (answer.status === 422) form.elements.code.select();
  send();
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector(form.dataset.scan);
  const old = document.querySelector(form.dataset.scan);
  if (fresh && old) old.replaceWith(fresh);
}

function newUid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

window.addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});
