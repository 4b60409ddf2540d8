// Day, night or as the device: shown at once, and kept as the form would keep it.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-theme-switch]");
  const chosen = event.submitter?.value;
  if (!form || !chosen) return;
  event.preventDefault();
  const kept = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams({ theme: chosen }),
    redirect: "manual",
  }).catch(() => null);
  if (kept?.type !== "opaqueredirect") return location.reload(); // not kept: show what is so
  const page = document.documentElement;
  if (chosen === "device") delete page.dataset.theme;
  else page.dataset.theme = chosen;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
});
