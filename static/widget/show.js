// When a site's floating button shows: on which pages, which devices, and how soon. Only the launchers of
// sites with rules for it carry this.

/**
 * @param {{paths?: string[], device?: string, delay_seconds?: number, scroll_percent?: number, open_ms?: number[]}} rules  in `open_ms` when it
 *   opens, closes, opens …
 * @param {(shows: boolean) => void} show may be told the same again
 * @param {AbortSignal} signal ends the watch
 */
export default (rules, show, signal) => {
  const { paths = [], device, delay_seconds: delay, scroll_percent: depth, open_ms: hours } = rules;
  let due = !delay && !depth;

  /** @param {string} pattern */
  const fits = (pattern) =>
    RegExp("^" + pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*") + "$")
      // Where a page's address has its letters as %c3, patterns have them as %C3.
      .test(location.pathname.replace(/%../g, (one) => one.toUpperCase()));

  function wanted() {
    let answer = paths.every((pattern) => pattern.startsWith("!"));
    for (const pattern of paths) {
      const hides = pattern.startsWith("!");
      if (fits(hides ? pattern.slice(1) : pattern)) answer = !hides;
    }
    return answer;
  }

  /** By the visitor's clock. Behind the last closing nothing is known: the server says so then. */
  function isOpen() {
    const next = hours ? hours.findIndex((at) => at > Date.now()) : -1;
    return next < 0 || next % 2 > 0;
  }

  /** Look again at each opening and closing. @param {number} at */
  function turn(at) {
    const timer = setTimeout(look, at - Date.now());
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  const look = () => show(due && wanted() && isOpen());

  function arrive() {
    due = true;
    look();
  }

  function scrolled() {
    const far = document.documentElement.scrollHeight - innerHeight;
    if (scrollY * 100 >= far * /** @type {number} */ (depth)) arrive();
  }

  function begin() {
    if (delay) {
      const timer = setTimeout(arrive, delay * 1000);
      signal.addEventListener("abort", () => clearTimeout(timer));
    }
    if (depth) {
      addEventListener("scroll", scrolled, { signal, passive: true });
      // What is no longer than the window has been read to its end.
      addEventListener("load", scrolled, { signal });
      if (document.readyState === "complete") scrolled();
    }
    for (const at of hours || []) if (at > Date.now()) turn(at);
    // Timers stand still while a device sleeps, and while a page is kept for going back to it.
    if (hours) for (const back of ["visibilitychange", "pageshow"]) addEventListener(back, look, { signal });
    look();
  }

  const touch = matchMedia("(pointer: coarse)").matches;
  if (device && (device === "touch") !== touch) return;
  // A page of one address after the other tells it to nobody else.
  const { navigation } = /** @type {any} */ (window);
  if (navigation) navigation.addEventListener("currententrychange", look, { signal });
  addEventListener("popstate", look, { signal });
  // Nobody looks at a page that is prepared in advance.
  if (/** @type {any} */ (document).prerendering) document.addEventListener("prerenderingchange", begin, { signal, once: true });
  else begin();
};
