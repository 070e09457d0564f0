// The landing page of a handoff's link. The link's secret is in the fragment, which browsers send to
// nobody; it leaves this page only in the two requests below, and nothing is opened before the click.

const DEVICES = ["iPhone", "iPad", "Android", "Windows", "Mac", "Linux"];
const PATIENCE = 15_000;

const language = document.documentElement.lang;
const token = location.hash.slice(1);
// One for the whole visit: the server gives the same answer to it again when the first one got lost.
const nonce = crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");

const find = (selector) => document.querySelector(selector);
const action = (name) => find(`[data-action="${name}"]`);
const field = find('[name="code"]');

function show(view, focus = true) {
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  if (focus) find(`[data-view="${view}"] h1`).focus();
}

function notice(name) {
  for (const each of document.querySelectorAll("[data-notice]")) each.hidden = each.dataset.notice !== name;
}

function post(address, body) {
  const channel = /Mobi|Android|iPhone/.test(navigator.userAgent) ? "mobile_web" : "web";
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language, "Retoma-Channel": channel },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE),
  });
}

/** Says what the link leads to; where that cannot be told, the general words stay. */
async function preview() {
  const answer = await post("v1/handoffs/preview", { token });
  if (answer.status === 404) return show("unusable");
  if (!answer.ok) return;
  const { title, started_at: startedAt, expires_at: expiresAt } = await answer.json();
  const heading = find('[data-name="heading"]');
  const when = find('[data-name="when"]');
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  const hour = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  heading.textContent = heading.dataset.text.replace("{title}", () => title);
  when.textContent = when.dataset.text
    .replace("{when}", day.format(new Date(startedAt)))
    .replace("{until}", hour.format(new Date(expiresAt)));
}

/** Opens the link; one that was sent by e-mail sends a code first, and is opened with that. */
async function redeem(code) {
  const device = DEVICES.find((name) => navigator.userAgent.includes(name)) ?? null;
  const answer = await post("v1/handoffs/redeem", { token, nonce, device, ...(code && { code }) });
  if (answer.status === 404) return show("unusable");
  if (answer.status === 403) return askForCode(await answer.json());
  if (!answer.ok) return notice(answer.status === 429 ? "busy" : "offline");
  const { url } = await answer.json();
  go(url);
}

/** Asks for the code that was sent, or says what was wrong with the one that was typed. */
function askForCode({ code, tries_left: left }) {
  const again = !find('[data-view="code"]').hidden;
  show("code", !again);
  field.value = "";
  field.focus();
  if (code === "code-wrong") notice(left ? "wrong" : "over");
  else if (again) notice("sent");
}

/** Goes on to the process's own page, which redeems again with the same nonce. */
function go(url) {
  if (!/^https?:\/\//.test(url ?? "")) return show("nowhere");
  const target = new URL(url);
  target.hash = `retoma=${token}~${nonce}`;
  location.replace(target);
}

async function working(button, work) {
  const words = button.textContent;
  const buttons = button.closest("[data-view]").querySelectorAll("button");
  button.textContent = button.dataset.working;
  for (const each of buttons) each.disabled = true;
  notice(null);
  try {
    await work();
  } catch {
    notice("offline");
  }
  for (const each of buttons) each.disabled = false;
  button.textContent = words;
}

action("continue").addEventListener("click", (event) => working(event.currentTarget, () => redeem()));
action("resend").addEventListener("click", (event) => working(event.currentTarget, () => redeem()));
find('[data-form="code"]').addEventListener("submit", (event) => {
  event.preventDefault();
  working(action("prove"), () => redeem(field.value.replace(/\s/g, "")));
});
action("decline").addEventListener("click", () => show("declined"));
action("reconsider").addEventListener("click", () => show("choice"));
// Without this the other language would open without its link.
find(".language").hash = location.hash;

if (/^ho_[0-9A-Za-z_]+$/.test(token)) {
  show("choice", false);
  preview().catch(() => undefined);
} else {
  show("incomplete", false);
}
