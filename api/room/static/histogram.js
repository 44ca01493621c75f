// A range of time, drawn over the bars. Without it each bar is a link to its period.

for (const figure of document.querySelectorAll("[data-histogram]")) {
  const picture = figure.querySelector("svg");
  const bars = [...picture.querySelectorAll("a")];
  const chosen = picture.querySelector(".chosen");
  const width = picture.viewBox.baseVal.width / bars.length;
  let from = null;
  let dragged = false;

  const at = (event) => {
    const box = picture.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    return Math.min(Math.max(place, 0), bars.length - 1);
  };
  const range = (to) => [Math.min(from, to), Math.max(from, to)];

  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = at(event);
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (from === null) return;
    const [first, last] = range(at(event));
    if (first === last && !dragged) return;
    dragged = true;
    chosen.setAttribute("x", first * width);
    chosen.setAttribute("width", (last - first + 1) * width);
  });
  addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [first, last] = range(at(event));
    from = null;
    if (!dragged) return;
    const asked = new URLSearchParams(location.search);
    asked.delete("cursor");
    asked.set("published_after", bars[first].dataset.after);
    asked.set("published_before", bars[last].dataset.before);
    location.assign(`/?${asked}`);
  });
  picture.addEventListener("click", (event) => {
    if (dragged) event.preventDefault();
  }, true);
  picture.addEventListener("dragstart", (event) => event.preventDefault());
}
