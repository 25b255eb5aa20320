// The hosted page of a site with a captcha: when the service's script cannot be had, nobody can pass
// the check, so the form gives way to the number to call. Runs before that script is asked for.

addEventListener(
  "error",
  (event) => {
    const away = document.getElementById("away");
    if (!away || /** @type {Element} */ (event.target).id !== "captcha") return;
    for (const child of /** @type {Element} */ (away.parentElement).children) {
      if (child.className !== "brand") /** @type {HTMLElement} */ (child).hidden = child !== away;
    }
  },
  true,
);
