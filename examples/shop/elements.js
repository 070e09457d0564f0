// @ts-check
/** Makes elements. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]> & { class?: string }} about
 * @param {readonly (Node | string)[]} inside
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function made(tag, { class: className, ...about } = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), about);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}
