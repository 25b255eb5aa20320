// What the tests of the phone field do in the browser, where thousands of steps cost no time.

import { countryChoice } from "/country.js";
import { attach, edit, format } from "/format.js";

export { format };

/** @param {string} text */
const digits = (text) => text.replace(/[^+\d]/g, "");

/** Each text typed key by key at the field's end: what it shows, or what went wrong. */
export const typeAll = (cases) =>
  cases.map(([text, country]) => {
    let shown = "";
    let caret = 0;
    for (const [at, key] of [...text].entries()) {
      [shown, caret] = edit(shown + key, shown.length + 1, country);
      if (digits(shown) !== text.slice(0, at + 1)) return `digits lost: ${shown}`;
      if (caret !== shown.length) return `caret left behind: ${shown} at ${caret}`;
    }
    return format(shown, country) === shown ? shown : `not settled: ${shown}`;
  });

/** One press of Backspace, or of Delete, or what is pasted: the text before and behind the caret. */
function pressed(text, caret, forward, pasted) {
  const [front, back] = [text.slice(0, caret), text.slice(caret)];
  if (pasted) return [front + pasted, back];
  return forward ? [front, back.slice(1)] : [front.slice(0, -1), back];
}

/** Edits at random places, always the same ones: the first of those that harmed the number. */
export function editAtRandom(countries, rounds) {
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const faults = [];
  let text = "";
  let country = countries[0];
  for (let round = 0; round < rounds && faults.length < 5; round++) {
    if (text.length > 24 || !random(40)) {
      country = countries[random(countries.length)];
      text = random(2) ? "+" + country.code : "";
    }
    const forward = !random(4);
    const pasted = ["7", "0", "55", " 20-", "(1)", "(202) 555-0100", "."][random(9)];
    const [front, back] = pressed(text, random(text.length + 1), forward, pasted);
    const [shown, caret] = edit(front + back, front.length, country, !pasted && forward);
    const whole = digits(shown) === digits(front + back);
    const beside = digits(shown.slice(0, caret)) === digits(front);
    if (!whole || !beside || format(shown, country) !== shown) faults.push([front, back, shown, caret]);
    text = shown;
  }
  return faults;
}

/** Erase each text from each place in both directions: those that took too long or too much. */
export function eraseAll(texts, country) {
  const faults = [];
  for (const whole of texts) {
    for (let from = 0; from <= whole.length; from++) {
      for (const forward of [false, true]) {
        let [text, caret, presses] = [whole, from, 0];
        while ((forward ? digits(text.slice(caret)) : caret) && presses <= whole.length) {
          const [front, back] = pressed(text, caret, forward);
          [text, caret] = edit(front + back, front.length, country, forward);
          presses++;
        }
        const kept = digits(forward ? whole.slice(0, from) : whole.slice(from));
        if (presses > whole.length || digits(text) !== kept) faults.push([whole, from, forward, text]);
      }
    }
  }
  return faults;
}

/** The choice of a country, made for a field and told what is typed into it. */
export function choose(countries, texts) {
  const input = document.createElement("input");
  const { nodes, countryOf } = countryChoice(input, countries, "Land", "de", "CA");
  const [label, select] = nodes;
  const first = [select.value, input.placeholder];
  const followed = texts.map((text) => [countryOf(text).code, select.value]);
  select.value = "US";
  select.dispatchEvent(new Event("change"));
  return {
    label: [label.htmlFor === select.id, label.textContent],
    first,
    followed,
    changed: [select.value, input.placeholder],
    options: [...select.options].map((one) => `${one.value} ${one.textContent}`),
  };
}

/** A new field, with an undo of its own, in place of the one before. */
export function renew(country) {
  const input = document.createElement("input");
  input.type = "tel";
  document.querySelector("input").replaceWith(input);
  attach(input, () => country);
}
