// What the page knows of the visit, and what of it outlives the page: in the tab's own storage, and only
// once the visitor has acted.

/** @param {string} key @returns {any} null where there is nothing, or no storage */
export function recall(key) {
  try {
    return JSON.parse(sessionStorage[key]);
  } catch {
    return null;
  }
}

/** @param {string} key @param {object} [value] nothing takes it away */
export function keep(key, value) {
  try {
    if (value) sessionStorage[key] = JSON.stringify(value);
    else sessionStorage.removeItem(key);
  } catch {}
}

const VISIT = "callme";

/** @param {string[]} started address and referrer of the page that the launcher started on */
export function createVisit([address, from]) {
  // Whoever came from another page of the site landed there, or before.
  const inside = from.startsWith(location.origin + "/");
  const kept = recall(VISIT);
  // No list: where an old library is on the page, its Array.prototype.toJSON would make something else of it.
  const seen = kept?.landing ? kept : inside ? { landing: from, referrer: "" } : { landing: address, referrer: from };

  return {
    keep() {
      keep(VISIT, seen);
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
