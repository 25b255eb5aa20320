// Looks at what is shown and tells what falls short of WCAG 2.2 AA where axe does not measure:
// contrast of text and of what shows a control, targets, reflow, clipped text.

(limits) => {
  const host = document.querySelector("call-me");
  const root = limits.widget ? host.shadowRoot : document.body;
  const findings = [];
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  const known = new Map();

  /** Any CSS colour as [red, green, blue, alpha], 0 to 255. */
  function rgba(color) {
    if (!known.has(color)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
      known.set(color, [...pen.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(color);
  }
  function over(top, below) {
    const share = top[3] / 255;
    return [0, 1, 2].map((at) => top[at] * share + below[at] * (1 - share)).concat(255);
  }
  function luminance(color) {
    const [red, green, blue] = color.map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }
  /** The colours behind an element, down to the first that hides all. */
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement || at.getRootNode().host) {
      layers.push(rgba(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 255) break;
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 255]);
  }
  const name = (element) => `<${element.localName} ${element.className || element.id}> "${element.textContent.trim().slice(0, 30)}"`;
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 2 && box.height > 2 && element.checkVisibility({ visibilityProperty: true });
  };
  function expectContrast(element, what, color, behind, least) {
    const found = contrast(over(rgba(color), behind), behind);
    if (found < least) findings.push(`${what} of ${name(element)}: ${found.toFixed(2)}:1, needs ${least}:1`);
  }

  const all = [...root.querySelectorAll("*")].filter((one) => shown(one) && !one.closest(".trap"));
  const text = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  if (limits.contrast) {
    for (const element of all) {
      const style = getComputedStyle(element);
      const behind = ground(element);
      if (text(element) && style.fontSize !== "0px") expectContrast(element, "text", style.color, behind, 4.5);
      const around = ground(element.parentElement || host);
      if (element.matches("input[type=tel], select")) {
        expectContrast(element, "placeholder", getComputedStyle(element, "::placeholder").color, behind, 4.5);
        expectContrast(element, "border", style.borderTopColor, around, 3);
      }
      // Below the primary one it is words alone, by design: they have contrast enough to be found.
      if (element.matches(".quiet:not(.primary + .quiet)")) expectContrast(element, "border", style.borderTopColor, around, 3);
      if (element.matches("input[type=radio], input[type=checkbox]")) expectContrast(element, "mark", style.accentColor, around, 3);
      if (element.matches(".done")) expectContrast(element, "step", style.borderTopColor, around, 3);
      // A ring is drawn outside, but for the launcher, which stands on a page of any colour.
      if (element === (root.activeElement || document.activeElement) && element.matches(":focus-visible:not([part=launcher])")) {
        if (parseFloat(style.outlineWidth) < 2) findings.push(`no focus ring on ${name(element)}`);
        expectContrast(element, "focus ring", style.outlineColor, around, 3);
      }
    }
  }

  for (const element of all.filter((one) => one.matches("a, button, input, select, summary"))) {
    // A press on an option's words is one on the option.
    const { width, height } = (element.closest("label") || element).getBoundingClientRect();
    const least = element.matches("p > a:not(.button)") ? 24 : 44;
    if (Math.min(width, height) < least) findings.push(`target ${name(element)}: ${width} by ${height}, needs ${least}`);
  }

  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > edge) findings.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} of ${edge}`);
  for (const element of all) {
    const box = element.getBoundingClientRect();
    if (box.left < -1 || box.right > edge + 1) findings.push(`${name(element)} leaves the screen: ${box.left} to ${box.right} of ${edge}`);
    const { overflowX, overflowY } = getComputedStyle(element);
    if (overflowX !== "visible" && element.scrollWidth > element.clientWidth) findings.push(`${name(element)} scrolls sideways`);
    if (overflowY === "hidden" && element.scrollHeight > element.clientHeight) findings.push(`${name(element)} is cut off`);
    if (text(element) && element.matches("button, .primary, .quiet, .button, li, h1, h2") && getComputedStyle(element).fontSize !== "0px") {
      const range = document.createRange();
      range.selectNodeContents(element);
      const inside = range.getBoundingClientRect();
      if (inside.left < box.left - 1 || inside.right > box.right + 1) findings.push(`the text of ${name(element)} stands out of it`);
    }
    if (element.localName === "dialog" && (box.top < 0 || box.bottom > innerHeight + 1)) findings.push(`the dialog is higher than the screen: ${box.top} to ${box.bottom}`);
  }
  return findings;
}
