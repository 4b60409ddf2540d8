// A signature drawn with a finger, a pen or a mouse, kept as the path of an SVG in a hidden field.
// The name typed in full is enough without it, so who has only a keyboard signs as well.

const WIDE = 600;
const TALL = 200;
const AT_MOST = 4000; // points: what the field takes

function prepare(within) {
  for (const sheet of within.querySelectorAll("[data-signature]")) {
    if (!sheet.dataset.ready) {
      sheet.dataset.ready = "yes";
      listen(sheet);
    }
  }
}

function listen(sheet) {
  const hand = sheet.querySelector(".signature-hand");
  const canvas = hand.querySelector("canvas");
  const kept = sheet.querySelector("input[type=hidden]");
  const paper = canvas.getContext("2d");
  let strokes = kept.value ? [kept.value] : [];
  let points = 0;
  let last = null;
  hand.hidden = false;
  redraw();

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    strokes.push(`M${last}L${last}`); // a dot is a stroke too
    redraw();
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(step);
      if (far(here, last) && points < AT_MOST) {
        strokes.push(`${strokes.pop()}L${here}`);
        last = here;
        points += 1;
      }
    }
    redraw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      last = null;
      kept.value = strokes.join("");
    });
  }
  sheet.querySelector("[data-signature-clear]").addEventListener("click", () => {
    strokes = [];
    points = 0;
    kept.value = "";
    redraw();
  });

  function place({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const within = (part, all) => Math.min(all, Math.max(0, Math.round(part * all)));
    return [
      within((clientX - box.left) / box.width, WIDE),
      within((clientY - box.top) / box.height, TALL),
    ].join(" ");
  }

  function redraw() {
    paper.clearRect(0, 0, WIDE, TALL);
    paper.strokeStyle = getComputedStyle(canvas).color;
    paper.lineWidth = 3;
    paper.lineCap = "round";
    paper.lineJoin = "round";
    paper.stroke(new Path2D(strokes.join("")));
  }
}

function far(one, other) {
  const [x1, y1] = one.split(" ");
  const [x2, y2] = other.split(" ");
  return Math.abs(x1 - x2) + Math.abs(y1 - y2) > 2;
}

document.addEventListener("htmx:load", (event) => prepare(event.target));
prepare(document);
