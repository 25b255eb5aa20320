// What the page knows of the visit, and what of it outlives the page: the visit in the tab's own storage, a call
// in the browser's until it is over, as a planned one may be days away. Nothing before the visitor has acted.

/** @typedef {"sessionStorage" | "localStorage"} Where */

/** @param {string} key @param {Where} where @returns {any} null where there is nothing, or no storage */
export function recall(key, where) {
  try {
    return JSON.parse(window[where][key]);
  } catch {
    return null;
  }
}

/** @param {string} key @param {Where} where @param {object} [value] nothing takes it away */
export function keep(key, where, value) {
  try {
    if (value) window[where][key] = JSON.stringify(value);
    else window[where].removeItem(key);
  } catch {}
}

const VISIT = "callme";

/** @param {string[]} started address and referrer of the page that the launcher started on */
export function createVisit([address, from]) {
  // Whoever came from another page of the site landed there, or before.
  const inside = from.startsWith(location.origin + "/");
  const kept = recall(VISIT, "sessionStorage");
  // No list: where an old library is on the page, its Array.prototype.toJSON would make something else of it.
  const seen = kept?.landing ? kept : inside ? { landing: from, referrer: "" } : { landing: address, referrer: from };

  return {
    keep() {
      keep(VISIT, "sessionStorage", seen);
    },

    /** The form's fields for it. The campaign of this page's address, or else that of the first. */
    fields() {
      const { landing, referrer } = seen;
      const here = location.origin + location.pathname;
      const [old, utm] = [landing, location.href].map((address) =>
        [...new URL(address).searchParams].filter(([name]) => name.startsWith("utm_")));
      return [["page_url", here], ["landing_url", landing.split(/[?#]/)[0]], ["referrer", referrer], ...(utm[0] ? utm : old)];
    },
  };
}
