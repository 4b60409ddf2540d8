/* What was found, gone through with the arrow keys from the search box on; Enter opens, as ever. */

const links = [...document.querySelectorAll("[data-found] a")];
const boxes = [...document.querySelectorAll("[data-search]")];

document.addEventListener("keydown", (pressed) => {
  if ((pressed.key !== "ArrowDown" && pressed.key !== "ArrowUp") || pressed.altKey || pressed.ctrlKey || pressed.metaKey) return;
  const stops = [...boxes.slice(0, 1), ...links];
  const at = stops.indexOf(document.activeElement);
  if (at < 0 || stops.length < 2) return;
  const next = stops[at + (pressed.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  pressed.preventDefault();
  next.focus();
});
