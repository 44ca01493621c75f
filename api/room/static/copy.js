// A key to the clipboard.

const button = document.querySelector("[data-copy-button]");
button?.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.querySelector("[data-copy]").textContent);
  button.textContent = "Copied";
});
