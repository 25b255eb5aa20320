// The hosted page's form while its site is under attack: solves the puzzle while the visitor types.

const field = /** @type {HTMLInputElement} */ (document.querySelector("[data-challenge]"));
const form = /** @type {HTMLFormElement} */ (field.form);
const { challenge, module } = field.dataset;

const solved = import(/** @type {string} */ (module)).then(({ solve }) => solve(JSON.parse(/** @type {string} */ (challenge))));
solved.then((solution) => (field.value = solution));

form.addEventListener("submit", (event) => {
  if (field.value) return;
  event.preventDefault();
  // Sent without a solution it is refused with the number to call instead.
  solved.finally(() => form.submit());
});
