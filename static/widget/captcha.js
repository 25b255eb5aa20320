// The check of a captcha service in the panel's form. Only sites that ask for one import this module.
//
// The services' own widgets cannot live in a shadow tree. So theirs is a child of <call-me> in the
// page's tree, and a slot shows it in the form.

import { el } from "./dom.js";

/** The services call it once their script can be used: its load event comes too early. */
const LOADED = "callmeCaptchaLoaded";
const PATIENCE_MS = 15_000;
/** The widest of the three in its normal size. */
const NORMAL_PX = 304;
/** These open their puzzle at the end of the page, which a modal dialog puts out of reach. */
const OPEN_OUTSIDE = ["hcaptcha", "recaptcha"];

/** Puzzles lie at 2000000000 and above. */
const STYLE = `
  slot[name=captcha] { display: block; margin-top: 16px; }
  .error a { padding: 12px 0; white-space: nowrap; }
  .beneath { z-index: 1999999999; }
  :host([floating]) { z-index: 1999999999 !important; }`;

/**
 * @typedef {object} Service  as the site's configuration says it
 * @property {string} service
 * @property {string} site_key
 * @property {string} script
 * @property {string} object   the service's name in `window`
 *
 * @typedef {object} Api       what the three have in common
 * @property {(element: Element, options: object) => string | number} render
 * @property {(id: string | number) => void} reset
 * @property {(id: string | number) => void} [remove]
 */

/** @type {?Promise<Api>} */
let script = null;

/**
 * For a panel that its page loaded before an update, and that has no seam for a check yet.
 * @param {any} panel
 */
export function guard(panel) {
  if (!panel.guard) bridge(panel, (panel.guard = new Check(panel)));
  return panel.guard.show();
}

/** @param {any} panel @param {Check} check */
function bridge(panel, check) {
  const { call, dialog, refused, destroy } = panel;
  const { send } = call;
  if (panel.opens) dialog.showModal = dialog.show;
  dialog.addEventListener("click", (/** @type {any} */ event) => {
    if (!event.target.closest("[part=submit]") || !check.holds()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  call.send = (/** @type {object} */ fields, /** @type {any[]} */ ...more) =>
    send.call(call, { ...fields, ...Object.fromEntries(check.fields()) }, ...more);
  panel.refused = (/** @type {any} */ problem) => check.refused(problem) || refused.call(panel, problem);
  panel.destroy = () => {
    destroy.call(panel);
    check.destroy();
  };
}

/** Load the service's script once for the page. @param {Service} service @returns {Promise<Api>} */
function load(service) {
  script = script || request(service);
  script.catch(() => (script = null));
  return script;
}

/** @param {Service} service @returns {Promise<Api>} */
async function request(service) {
  const page = /** @type {any} */ (window);
  const usable = () => page[service.object] && page[service.object].render;
  if (usable()) return page[service.object];
  const address = new URL(service.script);
  address.searchParams.set("render", "explicit");
  address.searchParams.set("onload", LOADED);
  const element = document.createElement("script");
  try {
    await new Promise((done, fail) => {
      page[LOADED] = done;
      element.onerror = fail;
      element.src = address.href;
      document.head.append(element);
      setTimeout(fail, PATIENCE_MS);
    });
    if (!usable()) throw Error("callme: no captcha");
  } catch (fault) {
    element.remove();
    throw fault;
  } finally {
    delete page[LOADED];
  }
  return page[service.object];
}

/** What the panel asks of it: `show` with each form, `holds`, `fields`, `refused`, `destroy`. */
export class Check {
  /** @param {any} panel */
  constructor(panel) {
    this.panel = panel;
    /** @type {Service} */ this.service = panel.site.captcha;
    this.answer = "";
    /** Whether the answer was sent: each is good for one time only. */
    this.spent = false;
    /** What the server said of the last answer. */
    this.refusal = "";
    /** Whether the visitor pressed before there was an answer. */
    this.pressed = false;
    /** @type {?Api} */ this.api = null;
    /** @type {string | number} */ this.id = "";
    this.place = el("div", { slot: "captcha" });
    this.hint = el("p", { class: "error", role: "alert" });
    const root = panel.host.shadowRoot;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    if (OPEN_OUTSIDE.includes(this.service.service)) unlock(panel);
  }

  /** Without an answer the server would only refuse the form. @returns {boolean} whether it has to wait */
  holds() {
    this.pressed = !this.answer;
    if (this.pressed) this.say(this.panel.text("captcha.first"));
    return this.pressed;
  }

  /** What the form is sent with. */
  fields() {
    this.spent = true;
    return [["captcha", this.answer]];
  }

  /** @param {import("./call.js").Problem} problem @returns {boolean} whether the check was refused: then the form asks for it again */
  refused({ type, detail }) {
    if (!/:refused$/.test(/** @type {string} */ (type))) return false;
    this.refusal = detail + " ";
    this.panel.showForm();
    return true;
  }

  destroy() {
    if (this.api && this.api.remove) this.api.remove(this.id);
    this.place.remove();
    this.api = null;
  }

  async show() {
    const { dialog, site } = this.panel;
    const button = dialog.querySelector("form [part=submit]");
    this.pressed = false;
    if (!button) return; // the form is gone already: the next one asks again
    button.before(this.hint, el("slot", { name: "captcha" }));
    this.say();
    if (this.refusal) this.say(this.refusal, el("a", { href: "tel:" + site.fallback_phone, dir: "ltr" }, site.fallback_text));
    this.refusal = "";
    if (this.api) {
      if (this.spent) this.renew();
      return;
    }
    if (this.place.isConnected) return;
    this.panel.host.append(this.place);
    try {
      const api = await load(this.service);
      if (!this.place.isConnected) return;
      this.id = api.render(this.place, this.options());
      this.api = api;
    } catch {
      this.place.remove();
      this.giveUp();
    }
  }

  options() {
    return {
      sitekey: this.service.site_key,
      theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      size: this.panel.body.clientWidth < NORMAL_PX ? "compact" : "normal",
      callback: (/** @type {string} */ answer) => this.answered(answer),
      "expired-callback": () => this.answered(""),
      "error-callback": () => this.giveUp(),
    };
  }

  /** @param {string} answer empty when the one before is too old */
  answered(answer) {
    this.answer = answer;
    this.spent = false;
    if (!answer) return;
    this.say();
    const button = /** @type {?HTMLElement} */ (this.panel.dialog.querySelector("form [part=submit]"));
    if (!this.pressed || !button) return;
    const { wish } = this.panel;
    // A panel of before an update has but one.
    if (wish) this.panel[wish]();
    else button.click();
  }

  /** Above the check, where nothing is to be seen of an empty hint. @param {...(string | Node)} words */
  say(...words) {
    this.hint.replaceChildren(...words);
  }

  renew() {
    this.answer = "";
    this.spent = false;
    /** @type {Api} */ (this.api).reset(this.id);
  }

  /** Nobody can pass: say so while there is a form, with the number to call. */
  giveUp() {
    this.answer = "";
    this.spent = true;
    if (this.panel.state === "open") this.panel.show("unavailable");
  }
}

/** Let the page's end be reached while the dialog is open. Escape still closes it. @param {any} panel */
function unlock(panel) {
  /** @type {HTMLDialogElement} */
  const dialog = panel.dialog;
  panel.opens = "show";
  dialog.classList.add("beneath");
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && panel.close());
  if (!dialog.open) return;
  const { activeElement } = panel.host.shadowRoot;
  // This closing is none of the visitor's.
  dialog.addEventListener("close", (event) => event.stopImmediatePropagation(), { once: true, capture: true });
  dialog.close();
  dialog.show();
  if (activeElement) activeElement.focus();
}
