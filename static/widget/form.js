// The form: whom to talk to, the number, and what the visitor agrees to.

import { el } from "./dom.js";
import { attach } from "./format.js";

/**
 * @typedef {object} Kept  what was typed: it comes back whenever the form does
 * @property {string} phone
 * @property {string} [country]
 * @property {string} receptionist
 * @property {string} website
 */

export class Form {
  /**
   * @param {any} site @param {(key: string) => string} text
   * @param {Partial<Kept>} kept @param {string} language @param {() => void} submit
   */
  constructor(site, text, kept, language, submit) {
    this.site = site;
    this.fault = el("p", { class: "error", id: "fault", hidden: true });
    this.phone = el("input", {
      id: "phone", name: "phone", part: "phone", type: "tel", autocomplete: "tel", dir: "ltr",
      maxlength: "64", placeholder: site.countries[0].example, "aria-describedby": "fault",
    });
    this.phone.value = kept.phone || "";
    this.element = el(
      "form",
      { novalidate: true, submit: (event) => { event.preventDefault(); submit(); } },
      ...this.choice(text("receptionist.label"), kept.receptionist),
      (this.label = el("label", { for: "phone" }, text("phone.label"))),
      this.fault,
      this.phone,
      ...this.consent(),
      el("input", { name: "website", hidden: true }),
      el("button", { class: "primary", part: "submit", "aria-describedby": site.consent ? "consent" : false }, text("submit")),
      ...(site.privacy_url
        ? [el("p", { class: "small" }, el("a", { href: site.privacy_url, target: "_blank" }, text("privacy")))]
        : []),
    );
    this.group(text("country.label"), language, kept.country);
  }

  /**
   * Group what is typed; where the site calls several calling codes, let the visitor choose the country.
   * @param {string} label of the choice @param {string} language @param {string} [region] chosen before
   */
  async group(label, language, region) {
    const { countries } = this.site;
    if (countries.length < 2) return attach(this.phone, () => countries[0]);
    const { countryChoice } = await import("./country.js");
    const { nodes, countryOf } = countryChoice(this.phone, countries, label, language, region);
    this.label.before(...nodes);
    attach(this.phone, countryOf);
  }

  /** @param {string} selector @returns {any} */
  find(selector) {
    return this.element.querySelector(selector);
  }

  /** What the visitor agrees to, in the owner's words, with a box to tick where the owner wants one. */
  consent() {
    const { consent, consent_checkbox, language } = this.site;
    if (!consent) return [];
    const words = el(consent_checkbox ? "span" : "p", { id: "consent", class: "small", lang: language, dir: "auto" }, consent);
    return consent_checkbox ? [el("label", { class: "option" }, el("input", { type: "checkbox", name: "consent", required: true }), words)] : [words];
  }

  /** Whom to talk to, when there are several. @param {string} legend @param {string} [chosen] */
  choice(legend, chosen) {
    const { receptionists, language } = this.site;
    if (receptionists.length < 2) return [];
    const options = receptionists.map((/** @type {any} */ { key, label }, /** @type {number} */ at) =>
      el("label", { class: "option", lang: language },
        el("input", { type: "radio", name: "receptionist", value: key, checked: chosen ? key === chosen : !at }),
        label));
    return [el("fieldset", {}, el("legend", {}, legend), ...options)];
  }

  /** @returns {Kept} */
  read() {
    const chosen = this.find("[name=receptionist]:checked");
    const country = this.find("[name=country]");
    return {
      phone: this.phone.value,
      receptionist: chosen ? chosen.value : this.site.receptionists[0].key,
      country: country ? country.value : this.site.countries[0].regions[0],
      website: this.find("[name=website]").value,
    };
  }

  /** Say what is wrong before anybody else does. @param {string} sentence of a bad number @returns {boolean} */
  isReady(sentence) {
    this.fault.hidden = true;
    this.phone.removeAttribute("aria-invalid");
    if ((this.phone.value.match(/\p{Nd}/gu) || []).length < 5) {
      this.refuse(sentence);
      return false;
    }
    const box = this.find("[name=consent]");
    return !box || box.reportValidity();
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.fault.textContent = sentence;
    this.fault.hidden = false;
    this.phone.setAttribute("aria-invalid", "true");
    // Where focus stays in the field, nobody reads its description out again.
    this.fault.role = this.phone.matches(":focus") ? "alert" : null;
    this.phone.focus();
  }
}
