// What every page has: keys, and the mark by which the stylesheet knows that there are scripts.

document.documentElement.classList.add("scripted");

const entries = () => [...document.querySelectorAll("[data-entry]")];
const here = () => entries().findIndex((entry) => entry.classList.contains("here"));

function go(step) {
  const all = entries();
  if (!all.length) return;
  const at = here();
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all[at]?.classList.remove("here");
  next.classList.add("here");
  next.querySelector("[data-open]")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  "/": () => {
    const fields = [...document.querySelectorAll("[data-search]")];
    const field = fields.find((one) => one.closest("main")) ?? fields[0];
    field?.focus();
    field?.select();
  },
  j: () => go(1),
  k: () => go(-1),
  o: () => entries()[here()]?.querySelector("[data-open]")?.click(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
