// Suggestions below a search field, as one types: a combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).

const PAUSE_MS = 90;
const NAMES = { title: "Article", author: "Author", tag: "Tag", category: "Section" };

function address(found) {
  if (found.kind === "title" && found.article_id) return `/articles/${encodeURIComponent(found.article_id)}`;
  const name = found.kind === "title" ? "q" : found.kind;
  return `/?${new URLSearchParams({ [name]: found.value })}`;
}

function option(found, id) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.id = id;
  item.dataset.address = address(found);
  const kind = document.createElement("span");
  kind.className = "kind";
  kind.textContent = NAMES[found.kind];
  const value = document.createElement("bdi");
  value.textContent = found.value;
  item.append(value, " ", kind);
  return item;
}

function attach(field, number) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `suggestions-${number}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  field.after(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");
  let at = -1;
  let timer = 0;
  let asked = "";

  const show = (open) => {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  };
  const choose = (place) => {
    list.children[at]?.removeAttribute("aria-selected");
    at = place;
    const chosen = list.children[at];
    if (chosen) {
      chosen.setAttribute("aria-selected", "true");
      chosen.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", chosen.id);
    } else field.removeAttribute("aria-activedescendant");
  };
  const ask = async () => {
    const prefix = field.value.trim();
    asked = prefix;
    if (!prefix || prefix.length > 200) return show(false);
    const answer = await fetch(`/suggest?${new URLSearchParams({ prefix })}`).catch(() => null);
    if (!answer?.ok || asked !== prefix) return;
    const { items } = await answer.json();
    list.replaceChildren(...items.map((found, place) => option(found, `${list.id}-${place}`)));
    at = -1;
    show(items.length > 0 && document.activeElement === field);
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape") {
      clearTimeout(timer);
      asked = null; // what is still being asked comes too late
      if (!list.hidden) event.preventDefault();
      show(false);
    } else if (!list.hidden && event.key === "ArrowDown") {
      event.preventDefault();
      choose(at + 1 < count ? at + 1 : -1);
    } else if (!list.hidden && event.key === "ArrowUp") {
      event.preventDefault();
      choose(at === -1 ? count - 1 : at - 1);
    } else if (event.key === "Enter" && list.children[at]) {
      event.preventDefault();
      location.assign(list.children[at].dataset.address);
    }
  });
  field.addEventListener("blur", () => show(false));
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const chosen = event.target.closest("[role=option]");
    if (chosen) location.assign(chosen.dataset.address);
  });
}

document.querySelectorAll("[data-suggest]").forEach(attach);
