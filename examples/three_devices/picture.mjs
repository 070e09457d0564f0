// @ts-check
/**
 * Takes the pictures of three devices: with a form, and a conflict on two of them; and with a cart, that the store is
 * helping with while the desktop is offline. Run `make demo` beside it, then
 *
 *     node examples/three_devices/picture.mjs http://127.0.0.1:8080
 */

import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";
import { Person } from "./person.mjs";

const ADDRESS = process.argv[2] ?? "http://127.0.0.1:8080";

const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light", locale: "en" });
const person = await new Person(page).arrive(ADDRESS);
await person.type("desktop", "name", "Ana");
await person.type("desktop", "email", "ana@example.com");
await person.type("desktop", "birthday", "1991-04-02");
await person.control("desktop", "contact").first().check();
await person.takeToPhone();
const clerk = await person.getHelp();
await clerk.enter("/income/net", 2450);
await clerk.saved("/income/net");
await person.type("phone", "email", "ana.campos@example.com");
await person.sees("desktop", "email", "ana.campos@example.com");
await person.disagree("Ana Rey", "Ana Campos");
await clerk.field("/name").evaluate(bringUp);
await take("three-devices.png");

await person.arriveAtShop(ADDRESS);
for (const product of ["Linen shirt", "Stoneware mug"]) await person.put("desktop", product);
for (const product of ["Stoneware mug", "Stoneware mug", "Reading lamp"]) await person.put("phone", product);
await person.sign("phone", "in");
await person.on("phone").locator(".sheet [data-text=close]").click();
const counter = await person.getHelp();
await counter.seesCart({ "Linen shirt": 1, "Stoneware mug": 2, "Reading lamp": 1 });
await counter.put("notebook");
await person.seesCart("desktop", { "Linen shirt": 1, "Stoneware mug": 2, "Reading lamp": 1, "Notebook": 1 });
await person.switchTo("desktop", "offline");
await person.putMore("desktop", "Stoneware mug");
await person.seesState("desktop", "offline");
await counter.line("Linen shirt").evaluate(bringUp);
await take("three-devices-cart.png");
await browser.close();

/** Scrolls the console to the part of its page in which an element is. */
function bringUp(/** @type {Element} */ element) {
  element.closest("section")?.scrollIntoView();
}

/** Keeps what is on the screen. */
async function take(/** @type {string} */ name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), animations: "disabled" });
}
