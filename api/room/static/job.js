// How far an import is, once a second, until it has ended.

const EVERY_MS = 1000;
const place = document.querySelector("[data-job]");
const ended = () => place.querySelector("[data-ended]")?.dataset.ended === "yes";

async function look() {
  const answer = await fetch(place.dataset.job).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text(); // rendered and escaped by the server
  if (!ended()) setTimeout(look, EVERY_MS);
}
if (!ended()) setTimeout(look, EVERY_MS);
