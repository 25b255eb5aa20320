// A phone field that groups digits as they are typed. No digit is ever changed, added or dropped, and
// what is no plain number in ASCII digits is left alone: the server reads that just as well.

/**
 * @typedef {object} Country  regions that share a calling code; what the formats mean is told in
 *   webapp/domain/phone/patterns.py, which makes them
 * @property {string[]} regions
 * @property {string} code
 * @property {string} example
 * @property {string} prefix
 * @property {string[][]} formats
 */

/** @param {string} text */
const marks = (text) => text.replace(/[^\d+]/g, "");

/**
 * The text with its digits grouped as in the country; as it is where that is not known.
 * @param {string} text @param {Country} country
 */
export function format(text, { code, prefix, formats }) {
  const typed = marks(text);
  const abroad = typed[0] === "+";
  const start = abroad ? "+" + code : prefix;
  const from = typed.startsWith(start) ? start.length : 0;
  // A + that is not followed by this country's code is still in front, where no rule begins.
  const rule = formats.find(([leading]) => !typed.slice(from).search(leading));
  if (!rule || !/^\s*\+?[\d\s()./‐-―−ー-]+$/.test(text)) return text;
  for (const row of rule.slice(1)) {
    const slots = start.replace(/./g, "0");
    const [world, home] = row.split(",");
    let at = 0;
    const out = (abroad ? slots + " " + world : home || slots + world).replace(/./g, (mark) =>
      mark < "0" ? (typed[at] ? mark : "") : typed.slice(at, (at += +mark || /** @type {any} */ (!!from))));
    if (!typed[at]) return out.trim();
  }
  return text;
}

/**
 * The text grouped, and the caret where it stays by the same digit: behind the one before it, so that
 * Backspace over a separator makes progress; `forward`, as after Delete, in front of the next.
 * @param {string} text @param {number} caret @param {Country} country @param {boolean} [forward]
 * @returns {[string, number]}
 */
export function edit(text, caret, country, forward) {
  const out = format(text, country);
  if (out !== text) {
    let before = marks(text.slice(0, caret)).length;
    for (caret = 0; before > 0 || (forward && out[caret] < "0"); caret++) before -= marks(out[caret]).length;
  }
  return [out, caret];
}

/**
 * Group what is typed into the field. The browser types it once more, which keeps its undo; where it
 * will not, the value is set. Without focus typing would hit another field: then it stays as it is.
 * @param {HTMLInputElement} input
 * @param {(text: string) => Country} countryOf  by whose rules the text is grouped
 */
export function attach(input, countryOf) {
  input.addEventListener("input", (/** @type {any} */ { isComposing, inputType }) => {
    const typed = input.value;
    const [text, caret] = edit(typed, /** @type {number} */ (input.selectionStart), countryOf(typed), /Forward/.test(inputType));
    if (text === typed || isComposing || /history/.test(inputType) || !input.matches(":focus")) return;
    input.select();
    if (!document.execCommand("insertText", false, text)) input.value = text;
    input.setSelectionRange(caret, caret);
  });
}
