// Dresses the documentation in the page's own colours, and again when these change.
const docs = document.querySelector("rapi-doc");
const dark = matchMedia("(prefers-color-scheme: dark)");

function dress() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  docs.setAttribute("theme", dark.matches ? "dark" : "light");
  docs.setAttribute("primary-color", colour("--accent"));
  docs.setAttribute("bg-color", colour("--paper"));
  docs.setAttribute("text-color", colour("--ink"));
  docs.setAttribute("nav-bg-color", colour("--sheet"));
  docs.setAttribute("nav-text-color", colour("--ink"));
  docs.setAttribute("nav-accent-color", colour("--accent"));
}

dress();
dark.addEventListener("change", dress);
