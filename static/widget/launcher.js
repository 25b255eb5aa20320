// The launcher: one classic script, so that one request puts a working button on any page.
// Everything else is imported at the first sign that the visitor wants it.
//
// The server replaces __CALLME_BOOT__ by what it knows and __CALLME_CSS__ by launcher.css.
/**
 * @typedef {import("./callme").SiteButton & Partial<import("./callme").SiteForm> & {form?: string}} Site
 *   what the public may know of a site; with `form`, the rest is had at that address
 *
 * @typedef {object} Boot
 * @property {string} url        Callme's own address
 * @property {string} version    of the modules
 * @property {Record<string, string>} labels  the button's text in each language
 * @property {?Site} site        null in the copy that carries no configuration
 * @property {(rules: import("./callme").Show, show: (shows: boolean) => void, ended: AbortSignal) => void} [show]
 *   tells when the button of a site that has rules for it shows
 *
 * @typedef {object} Panel       what panel.js makes for one element
 * @property {() => void} open
 * @property {() => void} close
 * @property {() => void} moved
 * @property {() => void} destroy
 */
(function (/** @type {Boot} */ boot) {
  const TAG = "call-me";
  /** How long a press may wait for what it needs. */
  const PATIENCE_MS = 10_000;
  const page = /** @type {any} */ (window);

  // The page may carry the script twice, or one for each of two sites: the first runs both.
  if (page.Callme?.adopt) return page.Callme.adopt(boot);

  /** Browsers that lack one of these cannot show the panel: they get a link to the same form as a page of ours. */
  const able = document.adoptedStyleSheets && AbortSignal.timeout && document.createElement("dialog").showModal &&
    CSS.supports("color:color-mix(in srgb,red,red)");

  /**
   * Some frameworks give a page up and make it anew where they find an element in it that is not theirs. Once the
   * page has loaded and is idle they have taken it over. A page that takes too long is not waited for.
   * @type {Promise<unknown>}
   */
  const settled = new Promise((done) => {
    const enough = setTimeout(done, 5000);
    const loaded = () => {
      clearTimeout(enough);
      page.requestIdleCallback?.(done, { timeout: 5000 }) || setTimeout(done, 90);
    };
    if (document.readyState === "complete") loaded();
    else addEventListener("load", loaded, { once: true });
  });

  /** Where the visit began, as far as this page can tell. */
  const visit = [location.href, document.referrer];
  /** @type {Map<string, Site>} */
  const sites = new Map();
  /** Whether a site's button floats where the page places none. @type {Map<string, boolean>} */
  const floating = new Map();
  /** @type {Set<CallMe>} */
  const elements = new Set();
  /** After destroy() the page's own elements rest, until the script is loaded again. */
  let resting = false;
  /** How often a button that somebody took from the page is put back: some frameworks clear it away once,
   *  some owners mean it. */
  let patience = 9;
  /** For what ends when everything does. */
  let running = new AbortController();

  /** @param {string} key */
  const ask = (key) => fetch(boot.url + "/api/sites/" + key, { signal: AbortSignal.timeout?.(PATIENCE_MS) });

  /** The form as a page of ours. @param {string} key */
  const hosted = (key) => boot.url + "/call/" + key;

  /** @param {string} key @returns {Promise<Site>} */
  async function siteOf(key) {
    if (!sites.has(key)) {
      const answer = await ask(key);
      if (!answer.ok) throw answer;
      sites.set(key, await answer.json());
    }
    return /** @type {Site} */ (sites.get(key));
  }

  /**
   * The visitor's language: as the element says, or the page, or the browser.
   * @param {CallMe} element @param {Site} site @returns {string}
   */
  function languageOf(element, site) {
    return /** @type {string} */ ([element.getAttribute("locale"), /** @type {?HTMLElement} */ (element.closest("[lang]"))?.lang, ...(navigator.languages || []), site.language, "en"]
      .map((tag) => /** @type {string} */ (tag?.split("-")[0].toLowerCase()))
      .find((tag) => boot.labels[tag]));
  }

  /** A style sheet from script needs no permission of the host's style policy. @param {Site} site @param {number} below */
  function sheetOf(site, below) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      __CALLME_CSS__ +
        ":host{--brand:var(--callme-color," + site.color + ");--on-brand:var(--callme-text-color," + site.text_color +
        ");--shade:" + site.shade + ";--radius:var(--callme-radius," + site.radius + "px);--x:" + site.offset[0] + "px;--bottom:" + (site.offset[1] + 72 * below) +
        "px}:host,:host([floating]){" + site.side + ":var(--x)!important;color-scheme:" + site.color_scheme + "!important}",
    );
    return sheet;
  }

  // No property is named like an attribute: React and Vue would set it, and not the attribute.
  class CallMe extends HTMLElement {
    root = this.attachShadow({ mode: "open" });
    /** @type {string} */ key;
    /** We have made it, so that we may take it away. @type {boolean | undefined} */ ours;
    /** Its place among the buttons that float one above the other. */
    below = -1;

    connectedCallback() {
      if (resting) return;
      if (elements.has(this)) return this.panel?.moved();
      this.key = /** @type {string} */ (this.getAttribute("site"));
      // A second site's button stands above the first one's.
      if (this.hasAttribute("floating")) for (this.below = 0; [...elements].some((other) => other.below === this.below); ) this.below++;
      elements.add(this);
      place();
      siteOf(this.key).then((site) => this.render(site), console.warn);
    }

    disconnectedCallback() {
      // An element that is only moved is connected again before this runs.
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.tearDown();
        if (!this.ours || patience-- > 0) place();
      });
    }

    /** @param {Site} site */
    render(site) {
      if (!elements.has(this) || this.panel) return;
      const language = languageOf(this, site);
      const text = (site.language.startsWith(language) && site.label) || boot.labels[language];
      if (!able) {
        this.show("a", text, "").href = hosted(this.key);
        if (this.hasAttribute("floating")) this.style.cssText = "position:fixed;right:24px;bottom:24px;background:canvas";
        return;
      }
      this.root.adoptedStyleSheets = [sheetOf(site, this.below)];
      const button = this.show("button", text, site.launcher);
      this.dataset.state = "closed";
      button.lang = language;
      button.setAttribute("aria-haspopup", "dialog");
      const warm = () => this.ready().catch(() => {});
      button.onpointerenter = button.onfocus = warm;
      button.onclick = () => this.open();
      // A call that was asked for on another page of the site goes on here. To look takes long the first
      // time: the page is to be painted before.
      clearTimeout(this.look);
      /** @type {ReturnType<typeof setTimeout> | undefined} */ this.look = setTimeout(() => {
        try {
          if (localStorage["callme:" + this.key]) warm();
        } catch {}
      }, 500);
    }

    /**
     * Show a launcher, unless the site is paused.
     * @template {"button" | "a"} T
     * @param {T} tag @param {string} text @param {string} shape
     */
    show(tag, text, shape) {
      const site = /** @type {Site} */ (sites.get(this.key));
      const launcher = document.createElement(tag);
      launcher.className = "button " + shape;
      /** @type {any} */ (launcher).part = "launcher";
      launcher.textContent = text;
      launcher.dir = "auto";
      // A link without it takes no focus; a button takes no notice of it.
      /** @type {any} */ (launcher).href = "tel:" + site.fallback_phone;
      this.keep(launcher);
      const focused = this.root.activeElement;
      this.root.textContent = "";
      if (!site.paused) this.root.append(launcher);
      if (focused) launcher.focus();
      return launcher;
    }

    /**
     * What happens in a part stays there. To the page it would have happened on <call-me>, which is no field and
     * no button: pages cancel that, or take it for their own. The end of a gesture may be that of one of the page's.
     * @param {HTMLElement} part
     */
    keep(part) {
      // Those that an element has no property for, and a page could cancel.
      const kinds = ["beforeinput", "focusin", "focusout", "DOMMouseScroll"];
      for (const name in part) {
        // Listening to pointerrawupdate would make browsers send the pointer's every move.
        if (/^on(?!mouse[mu]|pointer[mcru]|drag[eo]|drop)/.test(name)) kinds.push(name.slice(2));
      }
      const stop = (/** @type {any} */ event) => {
        // The button needs but those keys that press it.
        if (part.matches("dialog") || !event.key || /^( |Enter)$/.test(event.key)) event.stopPropagation();
      };
      for (const kind of kinds) part.addEventListener(kind, stop, { passive: true });
    }

    /** Have the panel made. @returns {Promise<void>} */
    async ready() {
      const site = await siteOf(this.key);
      const language = languageOf(this, site);
      const modules = "/widget/" + boot.version + "/";
      // The panel, its words and the site's, in parallel; the browser keeps what it has.
      const [{ Panel }, words, form] = await Promise.all(
        [modules + "panel.js", modules + "locale-" + language + ".js", site.form].map((path) => path && import(boot.url + path)),
      );
      if (!elements.has(this) || this.panel) return;
      // They have come after all: the button is back, and whoever wants the panel presses again.
      if (this.dataset.state !== "closed") this.render(site);
      // Asked for again: meanwhile the page may have changed it, or a second script brought another form's address.
      const now = /** @type {Site} */ (sites.get(this.key));
      if (now.form !== site.form) return this.ready();
      this.panel = new Panel(this, { ...form?.default, ...now }, boot.url, language, words.default, visit);
    }

    open() {
      if (!able) return (page.location = hosted(this.key));
      this.ariaBusy = "true";
      const late = new Promise((_, fail) => (AbortSignal.timeout(PATIENCE_MS).onabort = () => fail()));
      return Promise.race([this.ready(), late])
        .then(() => this.panel?.open(), (fault) => this.apologise(fault))
        .finally(() => (this.ariaBusy = null));
    }

    /**
     * The modules cannot be had: the hosted page does the same; where nobody answers only the phone does.
     * @param {unknown} fault  none when they have not come in time: then nor would that page
     */
    async apologise(fault) {
      const answer = fault && (await ask(this.key).catch(() => {}));
      // Meanwhile the visitor may have pressed once more, with better luck.
      if (!elements.has(this) || this.panel) return;
      const site = sites.get(this.key);
      if (answer?.ok) page.location = hosted(this.key);
      else if (site) {
        // To be seen and read whatever the launcher's shape, and the page's styles for it.
        /** @type {any} */ (this.show("a", site.fallback_text, "")).part = "call";
        this.dataset.state = "unavailable";
        addEventListener("online", () => this.render(site), { once: true, signal: running.signal });
      }
    }

    tearDown() {
      elements.delete(this);
      clearTimeout(this.look);
      this.panel?.destroy();
      /** @type {?Panel | undefined} */ this.panel = null;
      this.root.textContent = "";
      this.root.adoptedStyleSheets = [];
      this.below = -1;
      delete this.dataset.state;
    }
  }

  /** A site's button floats unless the page has placed one. */
  function place() {
    for (const [key, shows] of floating) {
      const own = [...elements].filter((element) => element.key === key);
      const ours = own.find((element) => element.ours);
      if (!shows || own[ours ? 1 : 0]) ours?.remove();
      else if (!ours) {
        const element = /** @type {CallMe} */ (document.createElement(TAG));
        element.ours = true;
        element.setAttribute("site", key);
        element.toggleAttribute("floating");
        // Beside <body>, not in it: a router may replace the body, and a transform would hold us in it.
        document.documentElement.append(element);
      }
    }
  }

  /** @param {Boot} other */
  function adopt({ site, show }) {
    if (site) sites.set(site.key, site);
    resting = false;
    for (const element of document.querySelectorAll(TAG)) /** @type {CallMe} */ (element).connectedCallback();
    if (!site || site.paused || site.launcher === "inline") return;
    const { signal } = running;
    const float = (/** @type {boolean} */ shows) => {
      if (signal.aborted) return; // some browsers know no signal of listeners
      floating.set(site.key, shows);
      place();
    };
    settled.then(() => signal.aborted || (show ? show(/** @type {any} */ (site.show), float, signal) : float(true)));
  }

  page.Callme = /** @satisfies {import("./callme").CallmeApi & {adopt: unknown}} */ ({
    /** Run another copy of this script. */
    adopt,
    /** Open the panel of a site, or of the first button that is drawn on the page. @param {string} [site] */
    open(site) {
      for (const element of elements) if ((!site || element.key === site) && element.getClientRects()[0]) return element.open();
    },
    close() {
      for (const { panel } of elements) panel?.close();
    },
    /** Change the public configuration of a site. @param {Partial<Site> & {site?: string}} config */
    update({ site: key, ...changes }) {
      for (const [known, site] of sites) {
        if (!key || key === known) sites.set(known, { ...site, ...changes });
      }
      for (const element of elements) {
        const site = sites.get(element.key);
        if (!site || (key && key !== element.key)) continue;
        element.panel?.destroy();
        element.panel = null;
        element.render(site);
      }
    },
    /** Take everything away: buttons, panels, listeners, timers. */
    destroy() {
      resting = true;
      running.abort();
      running = new AbortController();
      floating.clear();
      for (const element of elements) {
        element.tearDown();
        if (element.ours) element.remove();
      }
    },
    /**
     * Listen to "open", "submit", "status" or "close" of any button.
     * @param {string} event @param {(event: CustomEvent) => void} fn @returns {() => void} stops it
     */
    on(event, fn) {
      document.addEventListener("callme:" + event, /** @type {EventListener} */ (fn), { signal: running.signal });
      return () => document.removeEventListener("callme:" + event, /** @type {EventListener} */ (fn));
    },
  });

  // Known before the page's own elements come to life, or they would ask the server for it.
  if (boot.site) sites.set(boot.site.key, boot.site);
  customElements.define(TAG, CallMe);
  adopt(boot);
})(__CALLME_BOOT__);
