// The status page while its call goes on: what is new is put in place of the old, and said once. Loaded
// anew, the page would send a screen reader back to its start every two seconds.

const PARTS = ["steps", "news", "next"].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
const { refreshSeconds } = PARTS[0].dataset;
/** What the server said last of each part: what stands there may be the work of a translator. */
const said = PARTS.map((part) => part.innerHTML);

/** @param {Document} fresh */
function show(fresh) {
  document.title = fresh.title;
  PARTS.forEach((part, at) => {
    const news = fresh.getElementById(part.id);
    if (!news || news.innerHTML === said[at]) return;
    said[at] = news.innerHTML;
    // In browsers without replaceChildren too: the oldest ones are sent to this page.
    part.textContent = "";
    part.append(...news.childNodes);
  });
}

async function look() {
  let goesOn = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(fresh);
      goesOn = Boolean(fresh.querySelector("[data-refresh-seconds]"));
    }
  } catch {
    // Without a network there is no news.
  }
  if (goesOn) wait();
}

const wait = () => setTimeout(look, Number(refreshSeconds) * 1000);
wait();
