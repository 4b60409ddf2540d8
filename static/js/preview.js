// A photo is seen before it is sent, drawn small: no address of a file is made for it.

const AT_MOST = 12;

document.addEventListener("change", async (event) => {
  const field = event.target.closest("[data-preview]");
  if (!field || event.target.type !== "file") return;
  const place = field.querySelector("[data-preview-at]");
  const files = [...event.target.files].slice(0, AT_MOST);
  const drawn = await Promise.all(files.map(draw));
  place.replaceChildren(...drawn.filter(Boolean));
});

async function draw(file) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", file.name);
  try {
    const picture = await createImageBitmap(file, { resizeWidth: 480, resizeQuality: "medium" });
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    return canvas;
  } catch {
    return null; // no picture that a browser knows: the form says so when it is sent
  }
}
