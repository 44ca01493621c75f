// A page about what is under way looks again by itself, while somebody looks at it and is not in the middle of something.

setTimeout(function look() {
  const busy = document.hidden || document.querySelector("dialog[open], details[open]") || document.activeElement?.closest("form");
  if (busy) setTimeout(look, 3000);
  else location.reload();
}, 3000);
