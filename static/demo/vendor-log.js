// @ts-check
/**
 * "What DialogTech received": shows, live, the requests that the stand-in vendor got.
 *
 * A row belongs to a request's place in the list and is changed in place, so that scroll, selection and focus survive
 * every poll. Only the line that counts the requests is announced.
 *
 * @typedef {object} VendorRequest
 * @property {string} received_at  RFC 3339, UTC
 * @property {string} method
 * @property {Record<string, string>} query  secrets as "sha256:" and 64 hex digits
 * @property {string} outcome  the answer given, or to be given
 * @property {"ringing" | "answered" | "dropped"} state
 *
 * @typedef {{element: HTMLElement, update: (request: VendorRequest) => void}} Row
 */

const POLL_MS = 1000;
const SLOWEST_POLL_MS = 15000;
const PATIENCE_MS = 5000;
const ROWS_SHOWN = 50;

/**
 * @param {string} tag
 * @param {string} [className]
 */
function make(tag, className) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  return node;
}

/**
 * Leaves the node alone when nothing changes: a selection inside it stays, nothing is announced again.
 * @param {Element} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {string} timestamp */
function clockTime(timestamp) {
  const date = new Date(timestamp);
  return Number.isNaN(date.valueOf()) ? timestamp : date.toTimeString().slice(0, 8);
}

/** @param {string} value */
function shortened(value) {
  return value.replace(/^(sha256:[0-9a-f]{8})[0-9a-f]{56}$/, "$1…");
}

/**
 * The query as it stood in the address, one parameter a line.
 * @param {Record<string, string>} query
 */
function parameterLines(query) {
  return Object.entries(query).map(([name, value], index) => {
    const line = make("span", "parameter");
    const shown = make("b");
    shown.textContent = shortened(value);
    if (shown.textContent !== value) shown.title = value;
    line.append(`${index ? "&" : "?"}${name}=`, shown);
    return line;
  });
}

/** @returns {Row} */
function makeRow() {
  const element = make("li");
  const time = /** @type {HTMLTimeElement} */ (make("time"));
  const chip = make("span", "chip");
  const line = make("code");
  const outcome = make("p", "outcome");
  element.append(time, chip, line, outcome);
  let shownQuery = "";

  return {
    element,
    update(request) {
      time.dateTime = time.title = request.received_at;
      setText(time, clockTime(request.received_at));
      chip.dataset.state = request.state;
      setText(chip, request.state);
      const query = JSON.stringify([request.method, request.query]);
      if (query !== shownQuery) {
        line.replaceChildren(`${request.method} /ibp_api.php`, ...parameterLines(request.query));
        shownQuery = query;
      }
      outcome.hidden = request.state === "ringing";
      setText(outcome, outcome.hidden ? "" : request.outcome);
    },
  };
}

/** @param {HTMLElement} strip */
function start(strip) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (strip.querySelector(selector));
  const [status, empty, list] = [find("[data-status]"), find("[data-empty]"), find("[data-requests]")];
  const address = `${strip.dataset.sandboxUrl}/_sandbox/calls`;
  /** @type {Map<number, Row>} */
  const rows = new Map();
  let pause = POLL_MS;
  let timer = 0;
  let asking = false;
  setText(status, "Connecting to the stand-in …");

  /** @param {VendorRequest[]} requests  oldest first */
  function show(requests) {
    const first = Math.max(0, requests.length - ROWS_SHOWN);
    for (const [index, row] of rows) {
      if (index >= first && index < requests.length) continue;
      row.element.remove();
      rows.delete(index);
    }
    for (let index = first; index < requests.length; index++) {
      const row = rows.get(index) ?? makeRow();
      row.update(requests[index]);
      if (!rows.has(index)) list.insertBefore(row.element, rows.get(index - 1)?.element ?? null);
      rows.set(index, row);
    }
    empty.hidden = requests.length > 0;
    setText(status, ["Listening …", "1 request received"][requests.length] ?? `${requests.length} requests received`);
  }

  async function poll() {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      show(await answer.json());
      pause = POLL_MS;
    } catch {
      setText(status, "The stand-in is not answering. Trying again …");
      pause = Math.min(pause * 2, SLOWEST_POLL_MS);
    }
    strip.toggleAttribute("data-lost", pause > POLL_MS);
    asking = false;
    timer = setTimeout(poll, pause);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    poll();
  });
  poll();
}

for (const strip of document.querySelectorAll("[data-vendor-log]")) start(/** @type {HTMLElement} */ (strip));
