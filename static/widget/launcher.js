// The launcher: one classic script, so that one request puts a working button on any page.
// Everything else is imported at the first sign that the visitor wants it.
//
// The server replaces __CALLME_BOOT__ by what it knows and __CALLME_CSS__ by launcher.css.
/**
 * @typedef {object} Receptionist
 * @property {string} key
 * @property {string} label
 *
 * @typedef {object} Site  What the public may know of a site; `GET /api/sites/SITE` answers the same.
 * @property {string} key
 * @property {string} name
 * @property {string} example          a phone number as people there write it
 * @property {string} consent          the sentence that the visitor agrees to; may be empty
 * @property {boolean} consent_checkbox  whether with a box to tick
 * @property {?object} captcha         what captcha.js needs, where the site asks for a captcha
 * @property {?string} privacy_url
 * @property {string} fallback_phone   E.164
 * @property {string} fallback_text    the same as people there write it
 * @property {string} color
 * @property {string} text_color       black or white, whichever can be read on `color`
 * @property {Receptionist[]} receptionists
 *
 * @typedef {object} Boot
 * @property {string} base       address of the versioned modules
 * @property {string} api
 * @property {string} page       address of the hosted pages
 * @property {string[]} modules
 * @property {string} label      the button's text
 * @property {string} offline    what it says when nothing can be loaded
 * @property {?Site} site        null in the copy that carries no configuration
 *
 * @typedef {object} Panel       what panel.js makes for one element
 * @property {() => void} open
 * @property {() => void} close
 * @property {() => void} moved
 * @property {() => void} destroy
 */
(function (/** @type {Boot} */ boot) {
  const TAG = "call-me";
  const ADOPT = Symbol.for("callme.boot");
  const SVG = "http://www.w3.org/2000/svg";
  const HANDSET =
    "M7.2 3.2 9.6 7.6 7.4 9.9c1.3 2.9 3.8 5.4 6.7 6.7l2.3-2.2 4.4 2.4c-.2 2.3-1.9 4-4.2 4C9.3 20.8 3.2 14.7 3.2 7.4c0-2.3 1.7-4 4-4.2z";

  // The page may carry the script twice, or one for each of two sites: the first runs both.
  const running = /** @type {any} */ (window).Callme;
  if (running && running[ADOPT]) {
    running[ADOPT](boot);
    return;
  }

  /** @type {Map<string, Site>} */
  const sites = new Map();
  /** Sites whose button floats where the page places none. @type {Set<string>} */
  const floating = new Set();
  /** @type {Set<CallMe>} */
  const elements = new Set();
  /** @type {Set<() => void>} */
  const subscriptions = new Set();
  /** @type {?Promise<any[]>} */
  let modules = null;

  /** Import everything once, in parallel. @returns {Promise<any[]>} */
  function load() {
    modules = modules || Promise.all(boot.modules.map((name) => import(boot.base + name)));
    modules.catch(() => (modules = null));
    return modules;
  }

  /** @param {string} key @returns {Promise<Site>} */
  async function siteOf(key) {
    const known = sites.get(key);
    if (known) return known;
    const answer = await fetch(boot.api + "sites/" + encodeURIComponent(key), { credentials: "omit" });
    if (!answer.ok) throw Error("callme: no site " + key);
    const site = await answer.json();
    sites.set(key, site);
    return site;
  }

  /** A style sheet from script needs no permission of the host's style policy. @param {Site} site */
  function sheetOf(site) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      __CALLME_CSS__ +
        ":host{--brand:var(--callme-color," + site.color + ");--on-brand:var(--callme-text-color," + site.text_color + ")}",
    );
    return sheet;
  }

  function handset() {
    const [svg, path] = ["svg", "path"].map((name) => document.createElementNS(SVG, name));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", HANDSET);
    svg.append(path);
    return svg;
  }

  class CallMe extends HTMLElement {
    /** @type {?Panel} */ panel = null;
    /** @type {?HTMLButtonElement} */ button = null;
    /** @type {?Site} */ site = null;

    connectedCallback() {
      if (elements.has(this)) {
        if (this.panel) this.panel.moved();
        return;
      }
      elements.add(this);
      place();
      siteOf(this.getAttribute("site") || "").then(
        (site) => this.render(site),
        (fault) => console.warn(fault),
      );
    }

    disconnectedCallback() {
      // An element that is only moved is connected again before this runs.
      queueMicrotask(() => {
        if (!this.isConnected) this.tearDown();
      });
    }

    /** @param {Site} site */
    render(site) {
      if (!elements.has(this)) return;
      const root = this.shadowRoot || this.attachShadow({ mode: "open" });
      const button = document.createElement("button");
      const label = document.createElement("span");
      this.site = site;
      this.button = button;
      label.textContent = boot.label;
      button.type = "button";
      button.lang = "en";
      button.dir = "ltr";
      button.setAttribute("part", "launcher");
      button.setAttribute("aria-haspopup", "dialog");
      button.append(handset(), label);
      for (const intent of ["pointerenter", "focus", "touchstart"]) {
        button.addEventListener(intent, () => load().catch(() => {}), { once: true, passive: true });
      }
      button.addEventListener("click", () => this.open());
      root.adoptedStyleSheets = [sheetOf(site)];
      root.replaceChildren(button);
      this.dataset.state = "closed";
    }

    async open() {
      const site = await siteOf(this.getAttribute("site") || "");
      try {
        const loaded = await load();
        if (!elements.has(this)) return;
        const make = loaded.find((module) => module.createPanel).createPanel;
        const words = loaded.find((module) => module.default).default;
        this.panel = this.panel || make(this, site, boot.api, words);
      } catch (fault) {
        this.apologise();
        return;
      }
      /** @type {Panel} */ (this.panel).open();
    }

    /** The modules cannot be had: the hosted page does the same; without a network nothing does. */
    apologise() {
      if (navigator.onLine) {
        location.assign(boot.page + this.getAttribute("site"));
        return;
      }
      const label = this.button && this.button.lastElementChild;
      if (!label) return;
      label.textContent = boot.offline;
      this.dataset.state = "unavailable";
      addEventListener("online", () => this.isConnected && this.site && this.render(this.site), { once: true });
    }

    tearDown() {
      elements.delete(this);
      if (this.panel) this.panel.destroy();
      this.panel = this.button = null;
      if (this.shadowRoot) this.shadowRoot.replaceChildren();
      delete this.dataset.state;
      place();
    }
  }

  /** A site's button floats unless the page has placed one. */
  function place() {
    for (const key of floating) {
      const own = [...elements].filter((element) => element.getAttribute("site") === key);
      const placed = own.some((element) => !element.hasAttribute("floating"));
      const floats = own.find((element) => element.hasAttribute("floating"));
      if (placed && floats) floats.remove();
      if (placed || floats) continue;
      const element = document.createElement(TAG);
      element.setAttribute("site", key);
      // The second site's button stands above the first one's.
      const below = [...elements].filter((other) => other.hasAttribute("floating")).length;
      element.setAttribute("floating", below ? String(below) : "");
      // Beside <body>, not in it: a router may replace the body, and a transform would hold us in it.
      document.documentElement.append(element);
    }
  }

  /** @param {Boot} other */
  function adopt(other) {
    if (!other.site) return;
    sites.set(other.site.key, other.site);
    floating.add(other.site.key);
    if (document.readyState !== "loading") place();
    else document.addEventListener("DOMContentLoaded", place, { once: true });
  }

  /** @param {string} [site] */
  function find(site) {
    return [...elements].find((element) => !site || element.getAttribute("site") === site);
  }

  /** @type {any} */ (window).Callme = {
    [ADOPT]: adopt,
    /** Open the panel of a site, or of the first button on the page. @param {string} [site] */
    open(site) {
      const element = find(site);
      return element ? element.open() : Promise.resolve();
    },
    close() {
      for (const element of elements) if (element.panel) element.panel.close();
    },
    /** Change the public configuration of a site. @param {Partial<Site> & {site?: string}} config */
    update(config) {
      const { site: key, ...changes } = config;
      for (const element of elements) {
        const name = element.getAttribute("site") || "";
        const site = sites.get(name);
        if (!site || (key && key !== name)) continue;
        sites.set(name, { ...site, ...changes });
        if (element.panel) element.panel.destroy();
        element.panel = null;
        element.render({ ...site, ...changes });
      }
    },
    /** Take everything away: buttons, panels, listeners, timers. */
    destroy() {
      floating.clear();
      document.removeEventListener("DOMContentLoaded", place);
      for (const stop of subscriptions) stop();
      for (const element of [...elements]) {
        element.tearDown();
        if (element.hasAttribute("floating")) element.remove();
      }
      sites.clear();
    },
    /**
     * Listen to "open", "submit", "status" or "close" of any button.
     * @param {string} event @param {(event: CustomEvent) => void} fn @returns {() => void} stops it
     */
    on(event, fn) {
      const name = "callme:" + event.replace(/^callme:/, "");
      const listener = /** @type {EventListener} */ (fn);
      const stop = () => {
        document.removeEventListener(name, listener);
        subscriptions.delete(stop);
      };
      document.addEventListener(name, listener);
      subscriptions.add(stop);
      return stop;
    },
  };

  // Known before the page's own elements come to life, or they would ask the server for it.
  if (boot.site) sites.set(boot.site.key, boot.site);
  if (!customElements.get(TAG)) customElements.define(TAG, CallMe);
  adopt(boot);
})(__CALLME_BOOT__);
