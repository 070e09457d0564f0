/**
 * What may become markup: answers of this server that hold no script. Every page forbids text to become markup
 * otherwise (Trusted Types), so whatever htmx puts into a page has passed here.
 */

const URLS = /^(data-)?(hx-)?(href|src|srcset|action|formaction|data|poster|ping|get|post|put|patch|delete|query|xlink:href)$/;
const FORBIDDEN = "script,iframe,object,embed,applet,frame,frameset,base,meta,link,style,template[shadowrootmode]";

/** Reads markup where nothing of it runs or loads. */
const inspection = trustedTypes("retoma-inspection", (text) => text);
/** What htmx asks before it uses an answer. */
const markup = trustedTypes("retoma-markup", (text) => (refuse(new DOMParser().parseFromString(inspection.createHTML(text), "text/html")), text));

htmx.registerExtension("retoma", { init: (api) => void api.initSecurity(markup, never, never) });

/** A policy, or what stands in for one where the browser knows none. */
function trustedTypes(name, createHTML) {
  const createScript = never;
  return window.trustedTypes?.createPolicy(name, { createHTML, createScript }) ?? { createHTML, createScript };
}

/** In place of whatever makes a program of text. */
function never() {
  throw new TypeError("Nothing on these pages runs text.");
}

/** Throws TypeError for anything that could run, in templates too. */
function refuse(/** @type {Document | DocumentFragment} */ root) {
  if (root.querySelector(FORBIDDEN)) throw new TypeError("An answer holds what these pages do not take.");
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) if (runs(name.toLowerCase(), value)) throw new TypeError("An answer holds a script.");
    if (element instanceof HTMLTemplateElement) refuse(element.content);
  }
}

const runs = (name, value) => /^(on|(data-)?hx-on|style$|srcdoc$)/.test(name) || (URLS.test(name) && isProgram(value));
/** Whether an address runs: browsers leave out control characters and space within a scheme. */
const isProgram = (value) => /^(javascript|vbscript|data):/i.test(value.replace(/[\u0000-\u0020\u00a0]/g, ""));
