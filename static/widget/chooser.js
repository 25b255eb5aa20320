// Choosing a time, and changing a call that is planned. Only visitors who want that load it.

import { el } from "./dom.js";

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./call.js").Problem} Problem */
/**
 * @typedef {object} Slot  wall times are the server's, as a browser's rules of time may be old
 * @property {string} at  the instant
 * @property {string} local  by the visitor's clock
 * @property {string} owner_local
 *
 * @typedef {{date: string, slots: Slot[]}} Day
 * @typedef {{place: string, days: Day[], reason: ?string}} Slots
 */

const STYLE = __CALLME_CSS__;
/** How far a key goes in the list. @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 4, PageUp: -4, Home: -Infinity, End: Infinity };

/** Give the panel the words and styles of this module. @param {Panel} panel */
export async function ready(panel) {
  if (!panel.words["later.title"]) {
    const { default: words } = await import("./chooser-" + panel.language + ".js");
    panel.words = { ...panel.words, ...words };
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    /** @type {ShadowRoot} */ (panel.host.shadowRoot).adoptedStyleSheets.push(sheet);
  }
  return { choose, planned, night };
}

/**
 * Show the times that are free. For a call that is planned the choice moves it.
 * @param {Panel} panel @param {string} [fault] of the time that was chosen before
 * @param {string[]} [near] the instants nearest to that
 */
async function choose(panel, fault, near = []) {
  panel.show("sending");
  const { phone = "", receptionist = panel.note?.whom, country = "" } = panel.kept;
  try {
    /** @type {Slots} */
    const slots = await panel.call.ask("/slots", { phone, receptionist, country });
    if (!panel.call.stopped) show(panel, slots, fault, near);
  } catch (problem) {
    if (panel.call.stopped) return;
    if (/** @type {Problem} */ (problem).errors) return panel.refused(/** @type {Problem} */ (problem));
    const again = el("button", { class: "primary", click: () => choose(panel, fault, near) }, panel.text("again"));
    panel.show("times", panel.text("later.again"), panel.text("later.title"), [sentence(panel.text("later.again")), again, back(panel)]);
  }
}

/** @param {Panel} panel @param {Slots} slots @param {string | undefined} fault @param {string[]} near */
function show(panel, { days, place, reason }, fault, near) {
  const { text } = panel;
  if (reason) {
    return panel.show("times", reason, text("later.title"), [sentence(reason), panel.action("call"), back(panel)]);
  }
  const clock = text("later.clock") + (place && " · " + place);
  const list = el("ul", { role: "listbox", tabindex: "0", "aria-label": text("later.time"), keydown: (event) => step(event) });
  // Rather the next one than the last before.
  const wanted = near.find((at) => at > (panel.kept.when || "")) || near[0];
  const first = days.find(({ slots }) => slots.some(({ at }) => at === wanted)) || days[0];
  let chosen = "";

  /** @param {Element} option */
  function pick(option) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
    chosen = option.id;
  }

  /** @param {KeyboardEvent} event */
  function step(event) {
    const by = STEPS[event.key];
    if (!by && event.key !== "Enter") return;
    // Enter would press what has focus once the list is gone.
    event.preventDefault();
    if (!by) return send();
    const options = [...list.children];
    const at = options.findIndex((option) => option.id === chosen);
    pick(options[Math.max(0, Math.min(options.length - 1, at + by))]);
  }

  /** @param {Day} day */
  function open({ slots }) {
    list.replaceChildren(...slots.map(({ at, local, owner_local }) => el(
      "li", { role: "option", id: at, "aria-selected": "false", click: (event) => pick(event.currentTarget) },
      hour(panel, local), place ? el("small", {}, hour(panel, owner_local)) : "",
    )));
    pick([...list.children].find((option) => option.id === wanted) || list.children[0]);
  }

  const chips = days.map((day) => el("label", { class: "chip" },
    el("input", { type: "radio", name: "day", checked: day === first, change: () => open(day) }),
    new Intl.DateTimeFormat(panel.language, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(day.date))));

  function send() {
    if (panel.note) return change(panel, "when", { when: chosen });
    panel.kept = { ...panel.kept, when: chosen };
    panel.submit();
  }

  open(first);
  panel.show("times", clock, text("later.title"), [
    el("p", { id: "said" }, clock),
    fault ? el("p", { class: "error", role: "alert" }, fault) : "",
    el("fieldset", { class: "chips" }, el("legend", { class: "unseen" }, text("later.day")), ...chips),
    list,
    el("button", { class: "primary", part: "submit", click: send }, text("later.submit")),
    back(panel),
  ]);
  list.focus();
}

/** @param {Panel} panel @param {string} local */
const hour = (panel, local) => new Intl.DateTimeFormat(panel.language, { timeStyle: "short", timeZone: "UTC" }).format(new Date(local + "Z"));

/** @param {string} words */
const sentence = (words) => el("p", { class: "sentence", id: "said" }, words);

/** To the form, or to the planned call. @param {Panel} panel */
const back = (panel) => el("button", { class: "quiet", click: () => (panel.note ? look(panel) : panel.showForm()) }, panel.text("later.back"));

/** Show the call as the server knows it now. @param {Panel} panel */
function look(panel) {
  panel.show("sending");
  panel.follow({ ...panel.note, poll_after_ms: 0 });
}

/**
 * The card of a planned call, with what can be done with it.
 * @param {Panel} panel @param {string} state @param {string} said @param {string} title
 */
function planned(panel, state, said, title) {
  const { note, site, url, text } = panel;
  /** @param {string} word @param {() => void} press */
  const button = (word, press, look = "quiet") => el("button", { class: look, click: press }, text(word));
  const giveUp = () => change(panel, "cancel", {});
  panel.show(state, said, title);
  if (state === "retrying") {
    panel.body.append(
      button("retry.now", () => change(panel, "when", { when: "" }), "primary"),
      button("retry.later", () => choose(panel)),
      button("retry.no", giveUp),
    );
  } else {
    panel.body.append(
      el("a", { class: "quiet", href: url + "/call/" + site.key + "/" + note.id + ".ics?key=" + note.key }, text("calendar")),
      button("change", () => choose(panel)),
      button("cancel", giveUp),
    );
  }
}

/**
 * It is night at the phone's place: ask once more.
 * @param {Panel} panel @param {string[]} words @param {() => void} ring
 */
function night(panel, [title, words], ring = () => ringAtNight(panel)) {
  const button = el("button", { class: "primary", click: ring }, panel.text("ring"));
  const ways = panel.terms.later ? [panel.later(), back(panel)] : [back(panel)];
  panel.show("times", words, title, [el("div", { class: "glyph", "aria-hidden": true }, "☾"), sentence(words), button, ...ways]);
}

/** @param {Panel} panel */
function ringAtNight(panel) {
  panel.kept = { ...panel.kept, night: "yes" };
  panel.submit();
}

/** @param {Panel} panel @param {string} what @param {Record<string, string>} fields */
async function change(panel, what, fields) {
  panel.show("sending");
  try {
    await panel.call.ask(panel.note.status_url + "/" + what, { key: panel.note.key, ...fields });
  } catch (fault) {
    const { errors, choices, status, detail } = /** @type {Problem} */ (fault);
    if (panel.call.stopped) return;
    if (errors?.when) return choose(panel, errors.when[0], choices);
    if (status === 429) return panel.show("limit", detail);
    if (errors?.night) return night(panel, errors.night, () => change(panel, what, { ...fields, night: "yes" }));
  }
  // Too late, or no network: what is true is told.
  look(panel);
}
