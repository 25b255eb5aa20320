// One request for a call, from the form to its end: what goes over the wire, and nothing of the page.

const ANSWER_MS = 15_000;
/** Longer than any call stays without an end: its window, and the vendor's longest silence. */
const PATIENCE_MS = 330_000;
const LONGEST_PAUSE_MS = 15_000;
const TRIES = 3;
const RETRY_MS = 1_500;

/**
 * @typedef {object} Problem  RFC 9457, as the server sends it; `status` 0 when there was no answer.
 * @property {number} status
 * @property {string} [detail]
 * @property {Record<string, string[]>} [errors]
 * @property {boolean} [lost]
 *
 * @typedef {{status: string, final: boolean}} News
 */

/** @returns {string} a UUID, also on pages without https, where crypto.randomUUID is missing */
export function newRequestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * @param {string} address @param {RequestInit} [options]
 * @returns {Promise<any>} the JSON of an answer; rejects with a Problem
 */
async function ask(address, options) {
  let answer;
  let body;
  try {
    answer = await fetch(address, { credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS), ...options });
    body = await answer.json();
  } catch (fault) {
    throw { status: answer && !answer.ok ? answer.status : 0 };
  }
  if (!answer.ok) throw { ...body, status: answer.status };
  return body;
}

/** What the page knows of where the visitor came from. */
function visit() {
  const found = [["page_url", location.origin + location.pathname], ["referrer", document.referrer]];
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name.startsWith("utm_")) found.push([name, value]);
  }
  return found;
}

export class Call {
  /** @param {string} api @param {string} site */
  constructor(api, site) {
    this.address = api + "sites/" + site;
    /** @type {?Promise<string>} */ this.token = null;
    /** @type {string} */ this.sent = "";
    /** @type {string} */ this.requestId = "";
    this.stopped = false;
    /** @type {number | undefined} */ this.timer = undefined;
  }

  /** Have a token ready by the time that the visitor has typed. */
  prepare() {
    this.token = ask(this.address + "/token").then((answer) => answer.token);
    this.token.catch(() => (this.token = null));
  }

  /**
   * Send the form. The same fields sent again carry the same id, so that one wish makes one call;
   * a token that went stale meanwhile is replaced once, and a form whose answer was lost is sent again.
   * Rejects with a Problem, `lost` when the form may have been accepted all the same.
   * @param {Record<string, string>} fields
   * @returns {Promise<{status: string, status_url: string, poll_after_ms: number}>}
   */
  async submit(fields) {
    const wish = JSON.stringify(fields);
    if (wish !== this.sent) this.requestId = newRequestId();
    this.sent = wish;
    for (let left = TRIES, stale = false; ; ) {
      try {
        return await this.send(fields);
      } catch (fault) {
        const problem = /** @type {Problem} */ (fault);
        if (problem.status === 403 && !stale) {
          stale = true;
          this.token = null;
        } else if (problem.lost && --left && navigator.onLine) {
          await new Promise((done) => setTimeout(done, RETRY_MS));
        } else throw problem;
      }
    }
  }

  /** @param {Record<string, string>} fields */
  async send(fields) {
    if (!this.token) this.prepare();
    const token = await /** @type {Promise<string>} */ (this.token);
    const body = new URLSearchParams([...Object.entries(fields), ...visit(), ["request_id", this.requestId], ["token", token]]);
    try {
      return await ask(this.address + "/calls", { method: "POST", body, keepalive: true });
    } catch (fault) {
      const { status } = /** @type {Problem} */ (fault);
      throw { .../** @type {Problem} */ (fault), lost: !status || (status >= 500 && status !== 503) };
    }
  }

  /**
   * Tell each change of the call until its end. Lost connections are waited out; when nothing is
   * heard for too long the end is "unknown".
   * @param {string} address @param {number} pause milliseconds @param {(news: News) => void} tell
   */
  follow(address, pause, tell) {
    const deadline = Date.now() + PATIENCE_MS;
    let failures = 0;
    const look = async () => {
      let next = pause;
      let gone = false;
      try {
        const news = await ask(address);
        failures = 0;
        next = news.poll_after_ms;
        if (this.stopped) return;
        tell(news);
        if (news.final) return;
      } catch (problem) {
        if (this.stopped) return;
        failures += 1;
        next = Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS);
        gone = /** @type {Problem} */ (problem).status === 404;
      }
      if (gone || Date.now() > deadline) {
        tell({ status: "unknown", final: true });
        return;
      }
      this.timer = setTimeout(look, next);
    };
    this.timer = setTimeout(look, pause);
  }

  /** The visitor wants another call: a new wish, even with the same number. */
  renew() {
    this.sent = "";
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
