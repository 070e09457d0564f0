// The landing page of a handoff's link. The link's secret is in the fragment, which browsers send to
// nobody; it leaves this page only in the two requests below, and nothing is opened before the click.

const DEVICES = ["iPhone", "iPad", "Android", "Windows", "Mac", "Linux"];
const PATIENCE = 15_000;
const ASK_AGAIN = 3_000;
const DAY = 86_400_000;

const language = document.documentElement.lang;
const token = location.hash.slice(1);
// While digits wait to be picked, this tab keeps what it takes to be reloaded: the nonce, and the tenant's look.
const place = `retoma ${token.slice(0, 38)}`;
const kept = JSON.parse(sessionStorage.getItem(place));
// One for the whole visit: the server gives the same answer to it again when the first one got lost.
const nonce = kept?.nonce ?? crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");

let tenant = kept?.tenant ?? null;

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
  if (answer.ok) tell(await answer.json());
}

function tell({ tenant: whose, title, started_at: startedAt, channel, host, expires_at: expiresAt }) {
  tenant = whose;
  lead(tenant);
  if (host === null) return show("nowhere");
  put("heading", title);
  fact("begun", new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(startedAt)));
  fact("channel", JSON.parse(find('[data-fact="channel"] dd').dataset.channels)[channel]);
  fact("host", host);
  fact("until", momentOf(new Date(expiresAt)));
  find('[data-name="about"]').hidden = false;
  find('[data-name="once"]').hidden = true;
}

/** The page is whose link it is: their name at its head, and their colours. */
function lead({ name, ...colours }) {
  put("tenant", name);
  document.title = document.title.replace(/[^·]*$/, () => ` ${name}`);
  paint(colours);
}

/** Where nobody can be told whose the link is, the page is ours. */
function leadOurselves() {
  find('[data-name="ours"]').hidden = tenant !== null;
}

/** The colours are properties of the page, which its own styles use: no style comes from anywhere else. */
function paint({ colour, dark_colour: dark }) {
  if (colour === null) return;
  const { style } = document.documentElement;
  style.setProperty("--tenant", colour);
  style.setProperty("--tenant-dark", dark);
}

function put(name, text) {
  const element = find(`[data-name="${name}"]`);
  element.textContent = element.dataset.text.replace(/\{\w+\}/, () => text);
  element.hidden = false;
}

function fact(name, text) {
  const row = find(`[data-fact="${name}"]`);
  const told = row.querySelector("dd");
  row.hidden = !text;
  told.textContent = (told.dataset.text ?? "{}").replace(/\{\w*\}/, () => text);
}

/** A moment soon is told by its hour alone. */
function momentOf(date) {
  const day = date - Date.now() < DAY / 2 ? {} : { dateStyle: "medium" };
  return new Intl.DateTimeFormat(language, { ...day, timeStyle: "short" }).format(date);
}

const device = DEVICES.find((name) => navigator.userAgent.includes(name)) ?? null;
const attempt = (code) => post("v1/handoffs/redeem", { token, nonce, device, ...(code && { code }) });

/** Opens the link; one that was sent sends a code first, and is opened with that; others may wait for digits. */
async function redeem(code) {
  const answer = await attempt(code);
  if (answer.status === 404) return refuse("unusable");
  if (answer.status === 403) return ask(await answer.json());
  if (!answer.ok) return notice(answer.status === 429 ? "busy" : "offline");
  return goOn(answer);
}

function refuse(view) {
  sessionStorage.removeItem(place);
  show(view);
}

async function goOn(answer) {
  sessionStorage.removeItem(place);
  go((await answer.json()).url);
}

function ask(problem) {
  if (problem.code === "match-required") void waitForMatch(problem.digits);
  else askForCode(problem);
}

const isWaiting = () => !find('[data-view="match"]').hidden;

/** Shows the digits that are to be picked on the other device, and asks until they are; silence ends no waiting. */
async function waitForMatch(digits) {
  sessionStorage.setItem(place, JSON.stringify({ nonce, tenant }));
  find('[data-name="digits"]').textContent = digits;
  show("match");
  while (isWaiting()) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
    const answer = isWaiting() ? await attempt().catch(() => null) : null;
    if (!isWaiting()) return;
    if (answer?.status === 404) return refuse("refused");
    if (answer?.ok) return goOn(answer);
    notice(answer?.status === 403 ? null : "lost");
  }
}

/** Ends the link, which whoever is here did not ask for. */
async function end() {
  const answer = await post("v1/handoffs/decline", { token });
  if (answer.ok) return refuse("declined");
  if (answer.status === 404) return refuse("unusable");
  notice(answer.status === 429 ? "busy" : "offline");
}

/** Back to where somebody came from: the digits, if they wait. */
async function back() {
  if (sessionStorage.getItem(place) === null) show("choice");
  else await redeem();
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
for (const name of ["decline", "stop"]) action(name).addEventListener("click", () => show("decline"));
action("end").addEventListener("click", (event) => working(event.currentTarget, end));
action("reconsider").addEventListener("click", (event) => working(event.currentTarget, back));
// Without this the other language would open without its link.
find(".language").hash = location.hash;

if (!/^ho_[0-9A-Za-z_]+$/.test(token)) {
  show("incomplete", false);
  leadOurselves();
} else if (kept === null) {
  show("choice", false);
  preview()
    .catch(() => undefined)
    .then(leadOurselves);
} else {
  if (tenant !== null) lead(tenant);
  leadOurselves();
  show("choice", false);
  working(action("continue"), () => redeem());
}
