// Keys for staff: `/` to the search, `?` to what keys there are. They can be put to rest, for who
// speaks to the machine or leans on a key; a tick in the dialog of keys keeps that on this device.

const RESTS = "almakane.keys-rest";
const help = document.getElementById("keys");
const tick = help?.querySelector("[data-keys-rest]");

if (tick) {
  tick.checked = rests();
  tick.addEventListener("change", () => localStorage.setItem(RESTS, tick.checked ? "yes" : ""));
}
for (const opener of document.querySelectorAll("[data-opens=keys][hidden]")) opener.hidden = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (isWriting(event.target) || document.querySelector("dialog[open]") || rests()) return;
  if (event.key === "/") {
    const field = [...document.querySelectorAll("[data-search]")].find((one) => one.offsetParent);
    if (!field) return;
    field.focus();
    field.select();
    event.preventDefault();
  } else if (event.key === "?" && help) {
    help.showModal();
    event.preventDefault();
  }
});

function rests() {
  try {
    return localStorage.getItem(RESTS) === "yes";
  } catch {
    return false; // a browser that keeps nothing
  }
}

function isWriting(target) {
  return target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
