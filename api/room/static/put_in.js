// Files may be dropped anywhere on the form.

const form = document.querySelector("[data-put-in]");
const zone = form.querySelector("[data-drop]");
const input = zone.querySelector("input[type=file]");

for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => zone.classList.remove("over"));
form.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
});
form.addEventListener("submit", () => {
  form.querySelector("[data-sending]").textContent = "Sending, and reading it …";
});
