// What the panel shows once a form was sent: how far the call is, and how it ended.

import { el } from "./dom.js";

const STEPS = ["requested", "ringing", "answered"];
/** How many steps are done. @type {Record<string, number>} */
const REACHED = { sending: 0, scheduled: 1, queued: 1, dialing: 2, connected: 3 };

/** @typedef {"call" | "again" | "later" | "close"} Action */

/** What the visitor can do at each end. @type {Record<string, Action[]>} */
export const ENDS = { connected: ["close"], busy: ["again"], unknown: ["call"], unavailable: ["call"], limit: ["call", "close"], offline: ["again"] };
ENDS.failed = ENDS.expired = ENDS.cancelled = ["call", "later"];

/** States that have no words of their own. @type {Record<string, string>} */
const SAID_AS = { scheduled: "queued", expired: "failed", cancelled: "failed" };

/** The name of the words of a state. @param {string} state */
export const wordsOf = (state) => SAID_AS[state] || state;

/**
 * @param {string} state
 * @param {(key: string) => string} text
 * @param {(string | Node)[]} sentence
 */
export function card(state, text, sentence) {
  const steps = STEPS.map((step, at) => el("li", { class: at < REACHED[state] && "done" }, text("step." + step)));
  // Connected and ringing are drawn by the style sheet.
  const sign = state === "unknown" ? "?" : state === "connected" || !ENDS[state] ? "" : "!";
  return [
    el("div", { class: "glyph " + (ENDS[state] ? state : "ringing"), "aria-hidden": true }, sign),
    state in REACHED ? el("ol", { class: "steps", "aria-hidden": true }, ...steps) : "",
    el("p", { class: "sentence", id: "said" }, ...sentence),
  ];
}
