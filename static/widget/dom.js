// Making elements without innerHTML, which strict pages forbid.

const SVG = "http://www.w3.org/2000/svg";

/** Drawn for Callme on a 24 by 24 grid. */
const GLYPHS = {
  check: "M5 12.5 10 17.5 19.5 7",
  query: "M9 9a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.3-1.6 2.5M12 17.6v.2",
  notice: "M12 6v7M12 17.4v.2",
  close: "M6 6 18 18M18 6 6 18",
};

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [props]
 *   attributes; true sets an empty one, false none; a function listens to the event of that name
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** @param {keyof GLYPHS} name */
export function glyph(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "line");
  path.setAttribute("d", GLYPHS[name]);
  svg.append(path);
  return svg;
}
