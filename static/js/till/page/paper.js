// A strip of paper on the screen: the very parts that a printer gets.

/** Draw a strip into a place, in its own language. */
export function drawPaper(place, strip) {
  place.lang = strip.language;
  place.dir = strip.language === "ar" ? "rtl" : "ltr";
  place.replaceChildren(...strip.parts.map(drawPart).filter(Boolean));
}

function drawPart(part) {
  if (part.kind === "text") {
    const line = looks(document.createElement("p"), part);
    line.classList.add(`paper-${part.align ?? "start"}`);
    line.append(alone(part.text));
    return line;
  }
  if (part.kind === "row") {
    const row = looks(document.createElement("p"), part);
    row.classList.add("paper-row");
    row.append(cell("paper-label", part.label), ...part.amounts.map((amount) => cell("paper-amount", amount)));
    return row;
  }
  if (part.kind === "rule") {
    const rule = document.createElement("hr");
    if (part.heavy) rule.className = "paper-heavy";
    return rule;
  }
  if (part.kind === "barcode") {
    const code = looks(document.createElement("p"), { size: "small" });
    code.classList.add("paper-centre");
    const text = alone(part.code);
    text.dir = "ltr";
    code.append(text);
    return code;
  }
  if (part.kind === "feed") {
    const feed = document.createElement("div");
    feed.className = "paper-feed";
    return feed;
  }
  return null; // a QR code and a cut are for paper
}

function looks(node, part) {
  node.classList.add(`paper-${part.size ?? "plain"}`);
  if (part.bold) node.classList.add("paper-bold");
  if (part.inverse) node.classList.add("paper-inverse");
  if (part.indent) node.classList.add("paper-in");
  return node;
}

function cell(name, text) {
  const one = document.createElement("span");
  one.className = name;
  one.append(alone(text));
  return one;
}

function alone(text) {
  const one = document.createElement("bdi");
  one.textContent = text;
  return one;
}
