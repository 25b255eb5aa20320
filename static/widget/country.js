// The choice of a country beside the phone field, for sites that call several calling codes.

import { el } from "./dom.js";

/** @typedef {import("./format.js").Country} Country */

/**
 * A select of all regions by name, with its label; the field's example is that of the region chosen.
 * @param {HTMLInputElement} phone @param {Country[]} countries @param {string} label
 * @param {string} locale  the language of the names
 * @param {string} [region]  chosen at first
 * @returns {{nodes: [HTMLLabelElement, HTMLSelectElement], countryOf: (text: string) => Country}}
 *   `countryOf`, for format.js, tells the country by which a text is read; when that is the +CC of
 *   another one than is chosen, the choice follows
 */
export function countryChoice(phone, countries, label, locale, region) {
  const names = new Intl.DisplayNames(locale, { type: "region" });
  const chosen = () => /** @type {Country} */ (countries.find(({ regions }) => regions.includes(select.value)));
  const show = () => (phone.placeholder = chosen().example);
  const select = el("select", { id: "country", name: "country", part: "country", change: show },
    ...countries.flatMap(({ code, regions }) => regions.map((one) =>
      el("option", { value: one, selected: one === region }, `${names.of(one)} (+${code})`))));
  show();
  return {
    nodes: [el("label", { for: "country" }, label), select],
    countryOf(text) {
      const said = countries.find(({ code }) => text.replace(/[^\d+]/g, "").startsWith("+" + code));
      if (said && said !== chosen()) select.value = said.regions[0];
      show();
      return chosen();
    },
  };
}
