// What the panel shows once a form was sent: how far the call is, and how it ended.

import { el } from "./dom.js";

const STEPS = ["requested", "ringing", "answered"];
/** With so many steps done. */
const REACHED = ["sending", "queued", "dialing", "connected"];

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
 * @param {string} sentence
 */
export function card(state, text, sentence) {
  const reached = REACHED.indexOf(wordsOf(state));
  const steps = STEPS.map((step, at) => el("li", { class: at < reached && "done" }, text("step." + step)));
  // Ringing is drawn by the style sheet.
  const sign = state === "unknown" ? "?" : state === "connected" ? "✓" : ENDS[state] ? "!" : "";
  return [
    el("div", { class: "glyph " + (ENDS[state] ? state : "ringing"), "aria-hidden": true }, sign),
    reached < 0 ? "" : el("ol", { class: "steps", "aria-hidden": true }, ...steps),
    el("p", { class: "sentence", id: "said" }, sentence),
  ];
}
