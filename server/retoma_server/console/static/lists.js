/** Lists of the editor: their entries come and go. */

import { save } from "./sending.js";
import { say } from "./typing.js";

export function prepare(within) {
  for (const button of within.querySelectorAll("[data-add-row], [data-remove-row]")) button.hidden = false;
}

function renumber(rows) {
  for (const [at, title] of [...rows.querySelectorAll("[data-row-name]")].entries()) title.textContent = say("row").replace("{number}", at + 1);
}

export function addRow(button) {
  const rows = button.parentElement.querySelector("[data-rows]");
  const row = button.parentElement.querySelector("template").content.cloneNode(true);
  const number = String(Math.max(-1, ...[...rows.querySelectorAll("[name^='row.']")].map((each) => Number.parseInt(each.name.slice(4), 10))) + 1);
  for (const each of row.querySelectorAll("[name]")) each.name = each.name.replace("NEW", number);
  rows.append(row);
  renumber(rows);
  prepare(rows);
  rows.lastElementChild.querySelector("input, select, textarea")?.focus();
}

export function removeRow(button) {
  const form = button.form;
  const rows = button.closest("[data-rows]");
  button.closest("li").remove();
  renumber(rows);
  form.dataset.rows = "changed";
  if (form.matches("[data-save]")) save(form); // an entry that is still to be added is sent as a whole
  form.querySelector("[data-add-row]").focus();
}
