// The panel: one dialog in the element's shadow tree, from the form to the end of the call.

import { createCall } from "./call.js";
import { SHOWN, card } from "./cards.js";
import { el } from "./dom.js";
import { createForm } from "./form.js";
import { keep, recall, createVisit } from "./visit.js";

/** @typedef {import("./call.js").Problem} Problem */
/** @typedef {Record<string, string>} Words */

/** What the page has last been told of each site's call. @type {Record<string, string>} */
const TOLD = {};

/** After the end of a call. */
const OLD_MS = 600_000;

const STYLE = __CALLME_CSS__;

export class Panel {
  /**
   * @param {HTMLElement} host @param {any} site @param {string} url Callme's own
   * @param {string} language @param {Words} words of that language
   * @param {string[]} seen address and referrer of the page that the launcher started on
   */
  constructor(host, site, url, language, words, seen) {
    this.host = host;
    this.site = site;
    this.url = url;
    this.language = language;
    this.words = words;
    this.call = createCall(url + "/api/sites/" + site.key, "?locale=" + language + "&timezone=" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone));
    this.visit = createVisit(seen);
    /** Where a call that goes on is kept for the site's other pages. */
    this.key = "callme:" + site.key;
    /** The state to come back to when the panel is opened again. */
    this.state = "open";
    /** How the dialog is opened. @type {"showModal" | "show"} */ this.opens = "showModal";
    /** @type {Partial<import("./form.js").Kept>} */ this.kept = {};
    /** What is true now, once the server has said it. @type {Partial<import("./call.js").Terms>} */ this.terms = {};
    /** The visitor's call, as other pages of the site know it too. @type {any} */ this.note = null;
    /** @type {Record<string, string>} */ this.values = { name: site.name, example: site.countries[0].example, tel: site.fallback_text };
    this.build();
    this.resume();
  }

  text = (/** @type {string} */ key) => this.fill(this.words[key]);

  /** The owner's own words for the form, to those who speak their language. @param {string} part */
  own(part) {
    return (this.site.language.startsWith(this.language) && this.site[part]) || this.text("open." + part);
  }

  /** @param {string} words */
  fill(words) {
    return words.replace(/{(\w+)}/g, (_, name) => this.values[name]);
  }

  build() {
    const root = /** @type {ShadowRoot} */ (this.host.shadowRoot);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets.push(sheet);
    /** @type {HTMLElement} */ this.title = el("h2", { id: "title" });
    /** @type {HTMLElement} */ this.body = el("div", { class: "body" });
    /** @type {HTMLElement} */ this.live = el("p", { class: "unseen", role: "status" });
    /** @type {HTMLElement} */ this.closer = el("button", { class: "close", part: "close", "aria-label": this.text("close"), click: () => this.close() }, "×");
    /** @type {HTMLDialogElement} */ this.dialog = el(
      "dialog",
      {
        part: "panel",
        lang: this.language,
        dir: /ar|he/.test(this.language) ? "rtl" : "ltr",
        "aria-labelledby": "title",
        "aria-describedby": "said",
        close: () => this.call.stopped || this.closed(),
        // Only the backdrop is the dialog itself, as the card fills it; and whoever selects a text may let go there.
        pointerdown: (event) => (this.beside = event.target === this.dialog),
        click: (event) => event.target === this.dialog && this.beside && this.close(),
      },
      (/** @type {HTMLElement} */ this.card = el("div", { class: "card" }, el("div", { class: "top" }, this.title, this.closer), this.body, this.live)),
    );
    /** @type {any} */ (this.host).keep?.(this.dialog); // a launcher of before an update has none
    root.append(this.dialog);
    // A keyboard on the screen covers what is at the bottom of the page.
    /** @type {() => void} */ this.dodge = () => {
      const { height, offsetTop, scale } = /** @type {VisualViewport} */ (visualViewport);
      const hidden = scale > 1 ? 0 : Math.max(0, innerHeight - height - offsetTop);
      this.dialog.style.setProperty("--keyboard", hidden + "px");
      this.dialog.style.setProperty("--zoom", /** @type {any} */ (this.host).currentCSSZoom || 1);
    };
    this.showForm();
    // Being laid out takes longest the first time: once before the press, if there is time.
    this.call.pause(0).then(() => {
      if (this.dialog.open) return;
      this.dialog.open = true;
      // Asked for its height, it is laid out; which is never below 0.
      this.dialog.open = this.dialog.offsetHeight < 0;
    });
  }

  // Open and closed

  open() {
    if (this.dialog.open) return;
    // The panel may be older than a call that was asked for on another page, or by another button.
    if (this.state === "open") this.resume();
    // Nothing that can wait comes between the press and the field.
    const { left, right } = this.host.getBoundingClientRect();
    this.dialog.classList.toggle("left", left + right < innerWidth);
    this.reveal();
    this.enter(this.state);
    this.watch("addEventListener");
    this.dodge();
    if (this.state === "open") {
      this.prepare();
      this.check();
    }
    this.visit.keep();
    this.emit("open");
  }

  close() {
    this.dialog.close();
  }

  /** However it was closed: by us, by Escape, or by the page. The dialog itself gives focus back. */
  closed() {
    this.watch("removeEventListener");
    if (SHOWN[this.state].ways && !SHOWN[this.state].stays) this.showForm();
    this.host.dataset.state = "closed";
    this.emit("close");
  }

  /** The keyboard comes and goes, and what is left of the page moves. @param {"addEventListener" | "removeEventListener"} how */
  watch(how) {
    for (const event of ["resize", "scroll"]) /** @type {VisualViewport} */ (visualViewport)[how](event, this.dodge);
  }

  /** Its element has another place in the page, which took an open dialog from the top layer. */
  moved() {
    if (!this.dialog.open || this.dialog.matches(":modal")) return;
    this.dialog.open = false;
    this.reveal();
  }

  /** The dialog itself gives focus, to the field or, where there is none, to the closer: it lays itself out once. */
  reveal() {
    this.form.phone.autofocus = true;
    this.dialog[this.opens]();
  }

  destroy() {
    if (this.dialog.open) {
      this.close();
      this.closed();
    }
    this.call.stop();
    this.guard?.destroy();
    this.dialog.remove();
  }

  /** @param {string} name @param {string} [status] */
  emit(name, status) {
    const { key } = this.site;
    this.host.dispatchEvent(new CustomEvent("callme:" + name, { bubbles: true, composed: true, detail: { site: key, status } }));
    // Where the page has none, or has put something in its place that fails, the call goes on all the same.
    try {
      /** @type {any} */ (window).dataLayer.push({ event: "callme_" + name, callme_site: key, callme_status: status });
    } catch {}
  }

  /** @param {string} state */
  enter(state) {
    this.state = state;
    if (this.dialog.open) this.host.dataset.state = SHOWN[state].state || state;
  }

  // The form

  showForm() {
    this.enter("open");
    this.title.textContent = this.own("title");
    this.live.textContent = "";
    this.card.style.minHeight = "";
    /** @type {ReturnType<typeof createForm>} */ this.form = createForm(this.site, this.text, this.kept, this.language, () => this.submit());
    this.body.replaceChildren(el("p", { id: "said" }, this.own("sentence")), this.form.element);
    this.offer();
    if (this.dialog.open) this.form.phone.focus();
    this.check();
  }

  /** Offer a time, where one can be chosen: beside a call now, or instead of it. */
  offer() {
    const { closed, later } = this.terms;
    if (closed) {
      this.title.textContent = this.text("closed.title");
      /** @type {Element} */ (this.body.firstChild).textContent = closed;
      this.form.offer(this.action("call", "quiet"), later);
    } else if (later) this.form.offer(this.later());
  }

  /** The button that leads to the times. */
  later() {
    return el("button", { type: "button", class: "quiet", click: () => this.choose() }, /** @type {string} */ (this.terms.later));
  }

  /** The service of a captcha is asked once the panel is open, and not before. */
  check() {
    if (!this.site.captcha || !this.dialog.open) return;
    import("./captcha.js").then((module) => this.call.stopped || (this.guard ||= new module.Check(this)).show()).catch(() => this.show("unavailable"));
  }

  /** The form of a launcher from the browser's cache may show a text that is no longer the site's. */
  prepare() {
    this.call.prepare().then((terms) => {
      if (this.state !== "open") return;
      const { closed, later } = terms;
      // Where one of several answers, the form stays: a press says when the others do.
      if (closed && !later) {
        this.kept = this.form.read();
        return this.show("closed", closed);
      }
      const before = this.terms;
      this.terms = terms;
      if (this.agree(terms)) return;
      // What is being typed is not disturbed, unless the form offers something else by now.
      if (!before.later) this.offer();
      else if (closed !== before.closed) this.restart();
    }, () => {});
  }

  /** The form anew, with what was typed. */
  restart() {
    this.kept = this.form.read();
    this.showForm();
  }

  /** Show the terms of the token. @param {import("./call.js").Terms} terms @returns {boolean} whether they are new */
  agree({ consent, consent_checkbox }) {
    const site = this.site;
    if (consent === site.consent && !consent_checkbox === !site.consent_checkbox) return false;
    this.site = { ...site, consent, consent_checkbox };
    this.restart();
    return true;
  }

  /** Keep what the form says. @param {"submit" | "choose"} wish  what comes next @returns {boolean} whether it can */
  isFilled(wish) {
    this.wish = wish;
    this.kept = this.form.read();
    this.values.example = this.form.phone.placeholder;
    return this.form.isReady() && !this.guard?.holds();
  }

  /** Let the visitor choose a time. @param {string} [fault] of the last one @param {string[]} [near] that can be chosen instead */
  async choose(fault, near) {
    if (this.state === "open" && !this.isFilled("choose")) return;
    (await this.chooser()).choose(this, fault, near);
  }

  /** What only those need who choose a time. */
  chooser() {
    return import("./chooser.js").then((module) => module.ready(this)).catch((fault) => {
      this.show("unavailable");
      throw fault;
    });
  }

  async submit() {
    if (this.state === "open") {
      if (this.terms.closed) return this.choose();
      if (!this.isFilled("submit")) return;
    } else if (!/offline|times/.test(this.state)) return;
    const { consent, receptionists } = this.site;
    this.values.receptionist = receptionists.find((/** @type {any} */ { key }) => key === this.kept.receptionist).label;
    this.show("sending");
    this.emit("submit");
    try {
      const fields = { ...this.kept, consent: consent ? "yes" : "", locale: this.language };
      const call = await this.call.submit(fields, () => [...this.visit.fields(), ...(this.guard?.fields() || [])], (terms) => this.agree(terms));
      this.remember({ ...call, receptionist: this.values.receptionist, whom: this.kept.receptionist, at: Date.now() });
      if (this.call.stopped) return;
      // Where the first answer was lost, the call may be further by now; each that was accepted is told of.
      if (call.status !== "scheduled") this.tell("queued");
      this.news(call);
      this.follow(call);
    } catch (problem) {
      if (!this.call.stopped && !this.guard?.refused(problem)) this.refused(/** @type {Problem} */ (problem));
    }
  }

  /** @param {Problem} problem */
  refused({ status, errors, detail, changed, lost, choices, choices_written = [], fallback_phone }) {
    if (errors?.when && this.terms.later) this.choose(errors.when[0], choices);
    else if (errors?.when) this.show("closed", errors.when[0]);
    else if (errors?.night) this.chooser().then((chooser) => chooser.night(this, errors.night));
    else if (changed) this.form.refuse(this.text("consent.changed"));
    else if (errors) {
      this.showForm();
      const choices = choices_written.map((number) => {
        const press = () => {
          this.form.phone.value = number;
          // As if it had been typed.
          this[this.wish]();
        };
        return el("button", { type: "button", class: "quiet", dir: "ltr", click: press }, number);
      });
      this.form.refuse(Object.values(errors)[0][0], ...choices, ...(fallback_phone ? [this.action("call")] : []));
    } else if (status === 429) this.show("limit", detail);
    else this.show(!status && !navigator.onLine ? "offline" : lost ? "unknown" : !status || status === 500 ? "failed" : "unavailable");
  }

  // The call

  /** Go on with a call that another page of the site asked for. */
  resume() {
    const call = recall(this.key, "localStorage");
    if (!call?.status_url) return;
    // Nobody waits any more for what became of it.
    if (Date.now() - (Date.parse(call.due_at) || call.at) > OLD_MS) return this.remember();
    this.note = call;
    this.values.receptionist = call.receptionist;
    // A planned call is shown with its time, which the server says.
    if (!SHOWN[call.status].stays) this.show(call.status);
    this.follow(call);
  }

  /** Keep the call for the site's other pages, and until it is over. @param {any} [call] none takes it away */
  remember(call) {
    this.note = call;
    keep(this.key, "localStorage", call);
  }

  /** @param {import("./call.js").Followed} call */
  follow({ status_url, poll_after_ms = 0 }) {
    // A planned call is looked at once in a while, but now for the first time.
    this.call.follow(status_url, Math.min(poll_after_ms, 400), (news) => this.news(news), SHOWN[this.note.status].stays);
  }

  /** Where a site has two buttons on the page, both follow its call. @param {string} status */
  tell(status) {
    if (TOLD[this.key] !== status) this.emit("status", status);
    TOLD[this.key] = status;
  }

  /** @param {import("./call.js").News} news */
  async news({ status, message, title, final, retry, due_at }) {
    if (retry) {
      this.tell(status);
      // The next try is a call of its own, which is followed from now on.
      this.remember({ ...this.note, ...retry, status: "scheduled", retries: true });
      return this.follow(retry);
    }
    const state = status === "scheduled" && this.note?.retries ? "retrying" : status;
    // A planned call may have been moved, on another page too.
    if (state === this.state && (!title || title === this.title.textContent)) return;
    this.tell(status);
    if (final) {
      // Only a call that has ended makes the next wish a new one: one whose answer was lost keeps its id.
      this.call.renew();
      this.remember();
    }
    if (SHOWN[state].stays) {
      if (title && this.state !== "times") {
        // It may have been moved.
        this.remember({ ...this.note, due_at });
        (await this.chooser()).planned(this, state, message, title);
      }
    } else this.show(state, message, title);
  }

  /**
   * @param {string} state @param {string} [said] the server's own sentence, and title, where it said one
   * @param {string} [title] @param {Node[]} [nodes] instead of the card's own
   */
  show(state, said, title, nodes) {
    // The card keeps the form's height, so that nothing jumps.
    if (this.state === "open" && this.dialog.open) this.card.style.minHeight = this.card.offsetHeight + "px";
    this.enter(state);
    const { words = state, ways = [] } = SHOWN[state];
    this.title.textContent = title || this.text(words + ".title");
    const within = this.dialog.matches(":focus-within");
    const sentence = said || this.text(words + ".sentence");
    this.body.replaceChildren(...(nodes || card(state, this.text, sentence)), ...ways.map((action) => this.action(action)));
    // Said once, as a whole: the visible parts are not live regions themselves.
    this.live.textContent = this.title.textContent + ". " + sentence;
    // What had focus is gone, and Escape with it. Where a press gives none, it comes from nowhere.
    if (within || (this.dialog.open && state === "sending")) this.closer.focus();
  }

  /** @param {import("./cards.js").Action} action */
  action(action, look = /call|again/.test(action) ? "primary" : "quiet") {
    if (action === "call") {
      return el("a", { class: look, part: "call", href: "tel:" + this.site.fallback_phone }, this.text("call"));
    }
    const press = () => {
      if (action === "close") this.close();
      else if (this.state === "offline") this.submit();
      else {
        this.showForm();
        this.prepare();
      }
    };
    return el("button", { class: look, click: press }, this.text(action));
  }
}
