// One request for a call, from the form to its end: what goes over the wire, and nothing of the page.

/** For an answer, and between two questions. */
const LONGEST_MS = 15_000;
/** Longer than any call stays without an end: its window, and the vendor's longest silence. */
const PATIENCE_MS = 330_000;
const TRIES = 3;
const RETRY_MS = 1_500;
/** The server takes no token that is younger than a second. */
const YOUNG_MS = 1_100;

/**
 * @typedef {object} Problem  RFC 9457, as the server sends it; `status` 0 when there was no answer.
 * @property {number} status
 * @property {string} [type]
 * @property {string} [detail]
 * @property {Record<string, string[]>} [errors]
 * @property {string[]} [choices_written]  the numbers that the one typed may mean
 * @property {string} [fallback_phone]
 * @property {boolean} [lost]
 * @property {boolean} [changed]
 *
 * @typedef {{consent: string, consent_checkbox: boolean}} Consent  what the visitor is asked to agree to
 * @typedef {Consent & {closed: string, later?: string}} Terms  with a sentence where nobody answers now, and what
 *   the button says that leads to a choice of times
 * @typedef {Terms & {token: string, at: number, proof: string | Promise<string>}} Token
 *
 * @typedef {{status: string, final: boolean, message?: string, title?: string, due_at?: ?string, retry?: ?Followed}} News
 * @typedef {{status_url: string, poll_after_ms?: number}} Followed
 */

/**
 * @returns {string} a UUID, also on pages without https, where crypto.randomUUID is missing: the
 *   address of a blob ends in one everywhere, and an empty one takes no memory
 */
export function newRequestId() {
  return URL.createObjectURL(new Blob()).slice(-36);
}

/**
 * @param {string} address @param {RequestInit} [options]
 * @returns {Promise<any>} the JSON of an answer; rejects with a Problem
 */
async function ask(address, options) {
  let answer;
  let body;
  try {
    // A service worker of the page's own may answer any GET from its cache.
    answer = await fetch(address, { method: "POST", cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS), ...options });
    body = await answer.json();
  } catch (fault) {
    throw { status: answer && !answer.ok ? answer.status : 0 };
  }
  if (!answer.ok) throw { ...body, status: answer.status };
  return body;
}

/** @param {string} address of the site's API @param {string} query that says the language of its sentences */
export function createCall(address, query) {
  /** @type {?Promise<Token>} */ let token;
  /** What was sent last. */
  let sent = "";
  let requestId = "";
  /** @type {ReturnType<typeof setTimeout>} */ let timer;
  /** The last call that is followed: no other one is told of any more. @type {unknown} */ let followed;

  const call = {
    stopped: false,

    /** Have a token ready by the time that the visitor has typed, and its puzzle solved if it has one. */
    prepare() {
      token = ask(address + "/token" + query).then((answer) => ({
        ...answer,
        at: Date.now(),
        proof: answer.challenge ? import("./proof.js").then((module) => module.solve(answer.challenge)).catch(() => "") : "",
      }));
      token.catch(() => (token = null));
      return token;
    },

    /**
     * Send the form. The same fields sent again carry the same id, so that one wish makes one call;
     * a token that went stale meanwhile is replaced once, and a form whose answer was lost is sent again.
     * Rejects with a Problem, `lost` when the form may have been accepted all the same, `changed` when
     * the visitor has not seen yet what the site asks to agree to by now.
     * @param {Record<string, string>} fields
     * @param {() => string[][]} more  fields that make the wish no other: where it came from, a captcha
     * @param {(terms: Terms) => boolean} changed  whether the terms are other than those shown
     * @returns {Promise<{status: string, status_url: string, poll_after_ms: number, key: string}>}
     */
    async submit(fields, more, changed) {
      const wish = JSON.stringify(fields);
      if (wish !== sent) requestId = newRequestId();
      sent = wish;
      for (let left = TRIES, stale = false; ; ) {
        try {
          return await call.send(fields, more, changed);
        } catch (fault) {
          const problem = /** @type {Problem} */ (fault);
          if (/:token$/.test(/** @type {string} */ (problem.type)) && !stale) {
            stale = true;
            token = null;
          } else if (problem.lost && --left && navigator.onLine) {
            await call.pause(RETRY_MS);
          } else throw problem;
        }
      }
    },

    /** @param {Record<string, string>} fields @param {() => string[][]} more @param {(terms: Terms) => boolean} changed */
    async send(fields, more, changed) {
      const terms = await (token || call.prepare());
      if (changed(terms)) throw { status: 0, changed: true };
      const proof = await terms.proof;
      await call.pause(terms.at + YOUNG_MS - Date.now());
      const body = new URLSearchParams([
        ...Object.entries(fields), ...more(), ["request_id", requestId], ["token", terms.token], ["proof", proof],
      ]);
      try {
        return await ask(address + "/calls" + query, { body, keepalive: true });
      } catch (fault) {
        const { status } = /** @type {Problem} */ (fault);
        throw { .../** @type {Problem} */ (fault), lost: !status || (status >= 500 && status !== 503) };
      }
    },

    /** Ask something else of the API, such as for times. @param {string} path @param {Record<string, string>} fields */
    ask: (path, fields) => ask((path[0] === "/" ? address : "") + path + query, { body: new URLSearchParams(fields) }),

    /**
     * Tell each change of the call until its end. Lost connections are waited out; when nothing is
     * heard for too long the end is "unknown", unless the call is not due yet.
     * @param {string} address @param {number} next pause in milliseconds @param {(news: News) => void} tell
     * @param {boolean} [planned]  whether it is not due yet, as far as is known
     */
    follow(address, next, tell, planned) {
      clearTimeout(timer);
      let deadline = planned ? Infinity : Date.now() + PATIENCE_MS;
      let failures = 0;
      const look = async () => {
        /** @type {any} */ let news;
        try {
          news = await ask(address);
          failures = 0;
          next = news.poll_after_ms;
        } catch (problem) {
          // A call that is not known any more is not asked for again.
          next = /** @type {Problem} */ (problem).status === 404 ? Infinity : Math.min(1000 * 2 ** ++failures, LONGEST_MS);
        }
        if (call.stopped || followed !== look) return;
        if (news) {
          deadline = news.status === "scheduled" ? Infinity : Math.min(deadline, Date.now() + PATIENCE_MS);
          tell(news);
        }
        if (news?.final) return;
        if (Date.now() + next < deadline) timer = setTimeout(look, next);
        else tell({ status: "unknown", final: true });
      };
      followed = look;
      timer = setTimeout(look, next);
    },

    /** The visitor wants another call: a new wish, even with the same number. */
    renew() {
      sent = "";
    },

    /** Never over once all has stopped: what waits for it does not go on. @param {number} ms */
    pause(ms) {
      return new Promise((done) => {
        if (!call.stopped) timer = setTimeout(done, ms);
      });
    },

    stop() {
      call.stopped = true;
      clearTimeout(timer);
    },
  };
  return call;
}
