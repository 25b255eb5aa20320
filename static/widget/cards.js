// What the panel shows once a form was sent: how far the call is, and how it ended.

import { el } from "./dom.js";

const STEPS = ["requested", "ringing", "answered"];

/** @typedef {"call" | "again" | "later" | "close"} Action */
/**
 * How a state is shown.
 * @typedef {object} Shown
 * @property {number} [done]   with so many steps done, while the call goes on or was answered
 * @property {Action[]} [ways]   what the visitor can do; none while it goes on
 * @property {boolean} [stays]   the call is planned: it is shown again when the panel is opened again
 * @property {string} [sign]     of its end, if it is not "!"
 * @property {string} [words]    the state whose words it shares
 * @property {string} [state]    the `data-state`, if it is not the name
 */
/** @type {Shown} */
const FAILED = { ways: ["call", "later"], words: "failed" };
/** @type {Record<string, Shown>} */
export const SHOWN = {
  open: {},
  sending: { done: 0 },
  queued: { done: 1 },
  scheduled: { ways: [], stays: true, sign: "✓" },
  retrying: { ways: [], stays: true },
  times: { ways: [], state: "open" },
  dialing: { done: 2 },
  connected: { done: 3, ways: ["close"], sign: "✓" },
  busy: { ways: ["again"] },
  failed: FAILED,
  expired: FAILED,
  cancelled: { ways: ["again"], sign: "✓", words: "failed" },
  unknown: { ways: ["call"], sign: "?" },
  unavailable: { ways: ["call"] },
  closed: { ways: ["call", "later"], state: "unavailable" },
  limit: { ways: ["call", "close"], state: "unavailable" },
  offline: { ways: ["again"], state: "unavailable" },
};

/**
 * @param {string} state
 * @param {(key: string) => string} text
 * @param {string} sentence
 */
export function card(state, text, sentence) {
  const { done, ways, sign = "!" } = SHOWN[state];
  const steps = STEPS.map((step, at) => el("li", { class: at < /** @type {number} */ (done) && "done" }, text("step." + step)));
  return [
    // Ringing is drawn by the style sheet.
    el("div", { class: "glyph " + (ways ? state : "ringing"), "aria-hidden": true }, ways ? sign : ""),
    done === undefined ? "" : el("ol", { class: "steps", "aria-hidden": true }, ...steps),
    el("p", { class: "sentence", id: "said" }, sentence),
  ];
}
