// What is said in passing can be closed; it never goes by itself, for who reads slowly.

function offer(within) {
  for (const button of within.querySelectorAll("[data-closes-toast][hidden]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-closes-toast]")?.closest(".toast").remove();
});
document.addEventListener("htmx:load", (event) => offer(event.target));
offer(document);
