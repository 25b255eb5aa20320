// @ts-check
/**
 * The calls that were planned on this page, each with a button that rings it now: nobody waits for days to see a demo.
 *
 * @typedef {{id: string, phone: string, receptionist: string, due_at: string}} Planned
 */

const POLL_MS = 2000;
const SLOWEST_POLL_MS = 15000;

/** @param {string} instant */
function inWords(instant) {
  return new Date(instant).toLocaleString("en", { weekday: "short", hour: "numeric", minute: "2-digit" });
}

/** @param {Planned} call */
function makeRow(call) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Ring this one now";
  button.addEventListener("click", () => {
    button.disabled = true;
    fetch("/planned/" + call.id, { method: "POST" }).catch(() => (button.disabled = false));
  });
  row.append(`${inWords(call.due_at)} · ${call.phone} · ${call.receptionist}`, button);
  return row;
}

/** @param {HTMLElement} section */
function start(section) {
  const list = /** @type {HTMLElement} */ (section.querySelector("ul"));
  let shown = "";
  let pause = POLL_MS;

  /** @param {Planned[]} calls */
  function show(calls) {
    const now = JSON.stringify(calls);
    if (now === shown) return;
    shown = now;
    section.hidden = !calls.length;
    list.replaceChildren(...calls.map(makeRow));
  }

  async function poll() {
    try {
      if (!document.hidden) show(await (await fetch("/planned", { cache: "no-store" })).json());
      pause = POLL_MS;
    } catch {
      pause = Math.min(pause * 2, SLOWEST_POLL_MS);
    }
    setTimeout(poll, pause);
  }
  poll();
}

for (const section of document.querySelectorAll("[data-planned]")) start(/** @type {HTMLElement} */ (section));
