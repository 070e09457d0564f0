// @ts-check
/**
 * Takes the README's picture: three devices, and a conflict on two of them. Run `make demo` beside it, then
 *
 *     node examples/three_devices/picture.mjs http://127.0.0.1:8080
 */

import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";
import { Person } from "./person.mjs";

const PICTURE = fileURLToPath(new URL("../../docs/three-devices.png", import.meta.url));

const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light", locale: "en" });
const person = await new Person(page).arrive(process.argv[2] ?? "http://127.0.0.1:8080");
await person.type("desktop", "name", "Ana");
await person.type("desktop", "email", "ana@example.com");
await person.type("desktop", "birthday", "1991-04-02");
await person.control("desktop", "contact").first().check();
await person.takeToPhone();
await person.getHelp();
await person.goTo("till", "income");
await person.type("till", "income.net", "2450");
await person.goTo("till", "you");
await person.type("phone", "email", "ana.campos@example.com");
await person.sees("desktop", "email", "ana.campos@example.com");
await person.disagree("Ana Rey", "Ana Campos");
await page.mouse.move(0, 0);
await page.screenshot({ path: PICTURE, animations: "disabled" });
await browser.close();
