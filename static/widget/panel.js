// The panel: the form, the progress of a call, and its end, in one dialog of the element's shadow tree.

import { Call } from "./call.js";
import { el, glyph } from "./dom.js";

/** @typedef {import("./call.js").Problem} Problem */
/** @typedef {Record<string, string>} Words */

const STEPS = ["requested", "ringing", "answered"];
/** How many steps are done in a state of progress. @type {Record<string, number>} */
const REACHED = { sending: 0, scheduled: 1, queued: 1, dialing: 2, connected: 3 };
/** @type {Record<string, "check" | "query" | "notice">} */
const GLYPH_OF = { connected: "check", unknown: "query" };

/**
 * How each end looks: whose words, and what the visitor can do next.
 * @type {Record<string, {words?: string, actions: ("call" | "again" | "later" | "close")[]}>}
 */
const ENDS = {
  connected: { actions: ["close"] },
  busy: { actions: ["again"] },
  failed: { actions: ["call", "later"] },
  expired: { words: "failed", actions: ["call", "later"] },
  cancelled: { words: "failed", actions: ["call", "later"] },
  unknown: { actions: ["call"] },
  unavailable: { actions: ["call"] },
  limit: { actions: ["close"] },
  offline: { actions: ["again"] },
};
/** Ends that the contract's data-state has no name of their own for. @type {Record<string, string>} */
const SHOWN_AS = { limit: "unavailable", offline: "unavailable", cancelled: "failed" };

const STYLE = __CALLME_CSS__;

/**
 * @param {HTMLElement} host @param {any} site @param {string} api @param {Words} words
 */
export function createPanel(host, site, api, words) {
  return new Panel(host, site, api, words);
}

class Panel {
  /** @param {HTMLElement} host @param {any} site @param {string} api @param {Words} words */
  constructor(host, site, api, words) {
    this.host = host;
    this.site = site;
    this.words = words;
    this.call = new Call(api, site.key);
    /** The state to come back to when the panel is opened again. */
    this.state = "open";
    this.kept = { phone: "", receptionist: "", website: "" };
    this.values = { name: site.name, example: site.example, tel: site.fallback_text, receptionist: "" };
    this.build();
  }

  /** @param {string} key */
  text(key) {
    return this.fill(this.words[key]);
  }

  /** @param {string} words */
  fill(words) {
    return words.replace(/\{(\w+)\}/g, (_, name) => /** @type {any} */ (this.values)[name]);
  }

  build() {
    const root = /** @type {ShadowRoot} */ (this.host.shadowRoot);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [root.adoptedStyleSheets[0], sheet];
    this.title = el("h2", { id: "title" });
    this.body = el("div", { class: "body" });
    this.live = el("p", { class: "unseen", role: "status" });
    this.closer = el("button", { type: "button", class: "close", part: "close", "aria-label": this.text("close"), click: () => this.close() }, glyph("close"));
    this.dialog = el(
      "dialog",
      {
        part: "panel",
        lang: "en",
        dir: "ltr",
        "aria-labelledby": "title",
        close: () => this.closed(),
        // Only the backdrop is the dialog itself: the card fills it.
        click: (event) => event.target === this.dialog && this.close(),
        // To the page's shortcuts, what is typed in here would look as if typed into no field at all.
        ...Object.fromEntries(["keydown", "keypress", "keyup"].map((key) => [key, (/** @type {Event} */ event) => event.stopPropagation()])),
      },
      (this.card = el("div", { class: "card" }, el("header", {}, this.title, this.closer), this.body, this.live)),
    );
    root.append(this.dialog);
    this.showForm();
  }

  open() {
    if (this.dialog.open) return;
    if (this.state === "open") this.prepare();
    this.dialog.showModal();
    this.host.dataset.state = SHOWN_AS[this.state] || this.state;
    (this.field("phone]") || this.closer).focus();
    this.emit("open");
  }

  /** A launcher from the browser's cache may show a text that is no longer the site's. */
  prepare() {
    this.call.prepare().then((terms) => {
      if (this.state === "open") this.agree(terms);
    }, () => {});
  }

  /** Show the terms of the token. @param {import("./call.js").Terms} terms @returns {boolean} whether they are new */
  agree({ consent, consent_checkbox }) {
    const site = this.site;
    if (consent === site.consent && !consent_checkbox === !site.consent_checkbox) return false;
    this.read();
    this.site = { ...site, consent, consent_checkbox };
    this.showForm();
    return true;
  }

  close() {
    this.dialog.close();
  }

  /** However it was closed: by us, by Escape, or by the page. The dialog itself gives focus back. */
  closed() {
    if (ENDS[this.state]) this.showForm();
    this.host.dataset.state = "closed";
    this.emit("close");
  }

  /** The element stands elsewhere in the page. An open dialog that is moved stays open, but falls out of the
   *  top layer: what covers the page would cover it, and Escape would not close it. */
  moved() {
    if (!this.dialog.open || this.dialog.matches(":modal")) return;
    this.dialog.removeAttribute("open");
    this.dialog.showModal();
    (this.field("phone]") || this.closer).focus();
  }

  destroy() {
    this.call.stop();
    this.dialog.remove();
  }

  /** @param {string} name @param {object} [detail] */
  emit(name, detail) {
    const event = new CustomEvent("callme:" + name, { bubbles: true, composed: true, detail: { site: this.site.key, ...detail } });
    this.host.dispatchEvent(event);
  }

  /** @param {string} state */
  enter(state) {
    this.state = state;
    if (this.dialog.open) this.host.dataset.state = SHOWN_AS[state] || state;
  }

  // The form

  showForm() {
    this.enter("open");
    this.title.textContent = this.text("open.title");
    this.live.textContent = "";
    this.dialog.style.removeProperty("--card-height");
    this.fault = el("p", { class: "error", id: "fault", hidden: true });
    this.phone = el("input", {
      id: "phone", name: "phone", part: "phone", type: "tel", inputmode: "tel", autocomplete: "tel",
      maxlength: "64", placeholder: this.site.example, "aria-describedby": "fault",
    });
    this.phone.value = this.kept.phone;
    const form = el(
      "form",
      { novalidate: true, submit: (event) => { event.preventDefault(); this.submit(); } },
      ...this.choice(),
      el("label", { for: "phone" }, this.text("phone.label")),
      this.fault,
      this.phone,
      ...this.consent(),
      el("input", { name: "website", hidden: true }),
      el("button", { class: "primary", part: "submit", "aria-describedby": this.site.consent ? "consent" : false }, this.text("submit")),
      ...(this.site.privacy_url
        ? [el("p", { class: "small" }, el("a", { href: this.site.privacy_url, target: "_blank", rel: "noopener" }, this.text("privacy")))]
        : []),
    );
    this.form = form;
    this.body.replaceChildren(el("p", {}, this.text("open.sentence")), form);
    if (this.site.captcha) import("./captcha.js").then((module) => module.guard(this)).catch(() => this.showEnd("unavailable"));
  }

  /** What the visitor agrees to, with a box to tick where the owner wants one. */
  consent() {
    const { consent, consent_checkbox } = this.site;
    if (!consent) return [];
    if (!consent_checkbox) return [el("p", { class: "small", id: "consent" }, consent)];
    return [el("label", { class: "option small" }, el("input", { type: "checkbox", name: "consent", required: true }), el("span", { id: "consent" }, consent))];
  }

  /** @param {string} name with what else the selector says @returns {any} */
  field(name) {
    return this.dialog.querySelector("[name=" + name);
  }

  /** Whom to talk to, when there are several. */
  choice() {
    if (this.site.receptionists.length < 2) return [];
    const chosen = this.kept.receptionist || this.site.receptionists[0].key;
    const options = this.site.receptionists.map((/** @type {any} */ one) =>
      el("label", { class: "option" },
        el("input", { type: "radio", name: "receptionist", value: one.key, checked: one.key === chosen }),
        one.label));
    return [el("fieldset", {}, el("legend", {}, this.text("receptionist.label")), ...options)];
  }

  /** @param {string} sentence */
  refuse(sentence) {
    const fault = /** @type {HTMLElement} */ (this.fault);
    const phone = /** @type {HTMLInputElement} */ (this.phone);
    fault.textContent = sentence;
    fault.hidden = false;
    phone.setAttribute("aria-invalid", "true");
    phone.focus();
  }

  async submit() {
    if (this.state !== "open" && this.state !== "offline") return;
    this.read();
    if ((this.kept.phone.match(/\p{Nd}/gu) || []).length < 5) {
      this.refuse(this.text("error.phone"));
      return;
    }
    const box = this.field("consent]");
    if (box && !box.reportValidity()) return;
    this.showProgress("sending");
    this.emit("submit");
    try {
      const fields = { ...this.kept, consent: this.site.consent ? "yes" : "", locale: "en" };
      const call = await this.call.submit(fields, (terms) => this.agree(terms));
      this.news({ status: call.status });
      this.call.follow(call.status_url, call.poll_after_ms, (news) => this.news(news));
    } catch (problem) {
      this.refused(/** @type {Problem} */ (problem));
    }
  }

  /** Keep what was typed: it comes back whenever the form does. */
  read() {
    const chosen = this.field("receptionist]:checked");
    const one = this.site.receptionists.find((/** @type {any} */ r) => r.key === (chosen && chosen.value)) || this.site.receptionists[0];
    if (this.phone && this.phone.isConnected) this.kept = { phone: this.phone.value, receptionist: one.key, website: this.field("website]").value };
    this.values.receptionist = one.label;
  }

  /** @param {Problem} problem */
  refused(problem) {
    const errors = problem.errors;
    if (problem.changed) this.refuse(this.text("consent.changed"));
    else if (problem.status === 422 && errors) {
      this.showForm();
      this.refuse(Object.values(errors)[0][0]);
    } else if (problem.status === 429) this.showEnd("limit", problem.detail);
    else if (problem.status === 0 && !navigator.onLine) this.showEnd("offline");
    else if (problem.lost) this.showEnd("unknown");
    else if (problem.status === 0 || problem.status === 500) this.showEnd("failed");
    else this.showEnd("unavailable");
  }

  // The call

  /** @param {{status: string}} news */
  news({ status }) {
    if (status === this.state) return;
    this.emit("status", { status });
    if (ENDS[status]) {
      // Only a call that has ended makes the next wish a new one: one whose answer was lost keeps its id.
      this.call.renew();
      this.showEnd(status);
    } else this.showProgress(status);
  }

  /** @param {string} state */
  showProgress(state) {
    const shown = state === "scheduled" ? "queued" : state;
    this.keepHeight();
    this.enter(state);
    this.show(shown, [
      el("div", { class: "glyph ringing" }, this.handset()),
      this.steps(REACHED[state]),
      this.sentence(shown + ".sentence"),
    ]);
    if (this.dialog.open && state === "sending") this.closer.focus();
  }

  /** @param {string} state @param {string} [sentence] the server's own, where it said one */
  showEnd(state, sentence) {
    const end = ENDS[state];
    const words = end.words || state;
    this.keepHeight();
    this.enter(state);
    this.show(words, [
      el("div", { class: "glyph " + words }, glyph(GLYPH_OF[state] || "notice")),
      ...(state === "connected" ? [this.steps(REACHED[state])] : []),
      sentence ? el("p", { class: "sentence" }, sentence) : this.sentence(words + ".sentence"),
      ...end.actions.map((action) => this.action(action)),
    ]);
  }

  /** @param {string} words @param {Node[]} children */
  show(words, children) {
    this.title.textContent = this.text(words + ".title");
    this.body.replaceChildren(...children);
    const sentence = /** @type {HTMLElement} */ (this.body.querySelector(".sentence"));
    // Said once, as a whole: the visible parts are not live regions themselves.
    this.live.textContent = this.title.textContent + ". " + sentence.textContent;
  }

  /** The card keeps the form's height, so that nothing jumps. */
  keepHeight() {
    if (this.state !== "open" || !this.dialog.open) return;
    this.dialog.style.setProperty("--card-height", this.card.offsetHeight + "px");
  }

  /** The launcher's own picture once more. */
  handset() {
    const root = /** @type {ShadowRoot} */ (this.host.shadowRoot);
    return /** @type {Node} */ (root.querySelector("svg")).cloneNode(true);
  }

  /** @param {number} reached */
  steps(reached) {
    const items = STEPS.map((step, at) =>
      el("li", { class: at < reached ? "done" : "" }, this.text("step." + step)));
    return el("ol", { class: "steps", "aria-hidden": "true" }, ...items);
  }

  /** The words with the number to call as a link in their midst. @param {string} key */
  sentence(key) {
    const [before, after] = this.words[key].split("{tel}");
    const link = after === undefined ? "" : el("a", { href: "tel:" + this.site.fallback_phone }, this.values.tel);
    return el("p", { class: "sentence" }, this.fill(before), link, this.fill(after || ""));
  }

  /** @param {"call" | "again" | "later" | "close"} action */
  action(action) {
    if (action === "call") {
      return el("a", { class: "primary", part: "call", href: "tel:" + this.site.fallback_phone }, this.text("call"));
    }
    const again = () => {
      if (this.state === "offline") {
        this.submit();
        return;
      }
      this.showForm();
      this.prepare();
      /** @type {HTMLElement} */ (this.phone).focus();
    };
    const press = action === "close" ? () => this.close() : again;
    return el("button", { type: "button", class: action === "again" ? "primary" : "quiet", click: press }, this.text(action));
  }
}
