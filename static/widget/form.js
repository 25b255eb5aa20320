// The form: whom to talk to, the number, and what the visitor agrees to.

import { el } from "./dom.js";
import { attach } from "./format.js";

/**
 * @typedef {object} Kept  what was typed: it comes back whenever the form does
 * @property {string} phone
 * @property {string} [country]
 * @property {string} receptionist
 * @property {string} website
 * @property {string} [night]  rings the phone at night all the same
 * @property {string} [when]  the instant of the time that was chosen
 */

/**
 * @param {any} site @param {(key: string) => string} text
 * @param {Partial<Kept>} kept @param {string} language @param {() => void} submit
 */
export function createForm(site, text, kept, language, submit) {
  const { countries, receptionists, consent } = site;
  const lang = site.language;

  const fault = el("p", { class: "error", id: "fault" });
  const phone = el("input", {
    id: "phone", name: "phone", part: "phone", type: "tel", autocomplete: "tel", dir: "ltr",
    maxlength: "64", placeholder: countries[1] ? `+${countries[0].code} …` : countries[0].example, "aria-describedby": "fault",
  });
  phone.value = kept.phone || "";
  const label = el("label", { for: "phone" }, text("phone.label"));
  const ways = el("div", {});

  /** Whom to talk to, when there are several. */
  function choice() {
    if (receptionists.length < 2) return "";
    const options = receptionists.map((/** @type {any} */ { key, label }) =>
      el("label", { class: "option", lang },
        el("input", { type: "radio", name: "receptionist", value: key, checked: key === (kept.receptionist || receptionists[0].key) }),
        label));
    return el("fieldset", {}, el("legend", {}, text("receptionist.label")), ...options);
  }

  /** What the visitor agrees to, in the owner's words, with a box to tick where the owner wants one. */
  function terms() {
    if (!consent) return "";
    const box = site.consent_checkbox;
    const words = el(box ? "span" : "p", { id: "consent", class: "small", lang, dir: "auto" }, consent);
    return box ? el("label", { class: "option" }, el("input", { type: "checkbox", name: "consent", required: true }), words) : words;
  }

  /** Group what is typed; where the site calls several calling codes, let the visitor choose the country. */
  async function group() {
    if (countries.length < 2) return attach(phone, () => countries[0]);
    const { countryChoice } = await import("./country.js");
    const { nodes, countryOf } = countryChoice(phone, countries, text("country.label"), language, kept.country);
    label.before(...nodes);
    attach(phone, countryOf);
  }

  /** Enter presses the button too. A frame without allow-forms has no submit event. @param {Event} event */
  const press = (event) => { event.preventDefault(); submit(); };
  const send = el("button", { class: "primary", part: "submit", click: press, "aria-describedby": consent ? "consent" : false }, text("submit"));
  const element = el(
    "form",
    { novalidate: true, submit: press },
    choice(), label, fault, phone, ways, terms(),
    el("input", { name: "website", hidden: true }),
    send,
    site.privacy_url ? el("p", { class: "small" }, el("a", { href: site.privacy_url, target: "_blank" }, text("privacy"))) : "",
  );
  /** By their names. @type {any} */
  const fields = element.elements;
  // Without the choice, numbers with their country's code are taken as they are.
  group().catch(() => {});

  /** @param {string} sentence @param {Node[]} out  ways out of it, if there are any */
  function refuse(sentence, ...out) {
    fault.textContent = sentence;
    ways.replaceChildren(...out);
    phone.setAttribute("aria-invalid", "true");
    // Where focus stays in the field, nobody reads its description out again.
    fault.setAttribute("role", phone.matches(":focus") ? "alert" : "none");
    phone.focus();
  }

  return {
    element,
    phone,
    refuse,

    /** Offer another way beside the button. @param {HTMLElement} way @param {string} [label] of the button itself, where it says something else */
    offer(way, label) {
      if (label) send.textContent = label;
      send.after(way);
    },

    /** @returns {Kept} */
    read() {
      const { receptionist, country, website } = fields;
      return {
        phone: phone.value,
        receptionist: receptionist?.value ?? receptionists[0].key,
        country: country?.value ?? countries[0].regions[0],
        website: website.value,
      };
    },

    /** Say what is wrong before anybody else does. @returns {boolean} */
    isReady() {
      fault.textContent = "";
      ways.replaceChildren();
      phone.removeAttribute("aria-invalid");
      // Where the choice has not come, nobody has seen in which country a number without +CC would be read.
      if (!/(\p{Nd}\P{Nd}*){5}/u.test(phone.value) || (countries[1] && !fields.country && phone.value[0] !== "+")) {
        refuse(text("error.phone"));
        return false;
      }
      const box = fields.consent;
      box?.setCustomValidity(box.checked ? "" : text("error.consent"));
      return !box || box.reportValidity();
    },
  };
}
