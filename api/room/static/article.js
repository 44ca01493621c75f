// Beside a paragraph: what is most like it elsewhere in the archive, when one stays on it for a moment or asks for it.

const STAY_MS = 450;
const known = new Map();
let timer = 0;
let shown = null;

const panel = document.createElement("div");
panel.className = "similar";
panel.setAttribute("role", "status");
panel.hidden = true;

function similar(paragraph) {
  if (!known.has(paragraph.id)) {
    const answer = fetch(`/paragraphs/${encodeURIComponent(paragraph.id)}/similar`).then((got) =>
      got.ok ? got.text() : Promise.reject(new Error(String(got.status))),
    );
    known.set(paragraph.id, answer);
    answer.catch(() => known.delete(paragraph.id));
  }
  return known.get(paragraph.id);
}

async function show(paragraph) {
  shown = paragraph;
  const text = await similar(paragraph).catch(() => null);
  if (shown !== paragraph || text === null) return;
  panel.innerHTML = text; // rendered and escaped by the server
  paragraph.append(panel);
  panel.hidden = false;
}

function hide() {
  clearTimeout(timer);
  shown = null;
  panel.hidden = true;
}

for (const paragraph of document.querySelectorAll("[data-paragraph]")) {
  const button = document.createElement("button");
  button.className = "alike";
  button.type = "button";
  button.textContent = "≈";
  button.title = "Most like it elsewhere";
  button.setAttribute("aria-label", "What is most like this paragraph elsewhere");
  button.addEventListener("click", () => (shown === paragraph && !panel.hidden ? hide() : show(paragraph)));
  paragraph.append(button);
  paragraph.addEventListener("mouseenter", () => {
    clearTimeout(timer);
    timer = setTimeout(() => show(paragraph), STAY_MS);
  });
  paragraph.addEventListener("mouseleave", hide);
}
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
