// A button beside words that are wanted elsewhere; it says when they were taken.

function offer(within) {
  if (!navigator.clipboard) return; // only pages under https may write there
  for (const button of within.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.textContent;
  button.setAttribute("role", "status");
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = words;
    button.removeAttribute("role");
  }, 2000);
});
document.addEventListener("htmx:load", (event) => offer(event.target));
offer(document);
