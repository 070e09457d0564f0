/** All of Retoma in one file, for pages without a build step. */

import { defineRetomaForm } from "./element.js";

export * from "./index.js";
export { assistOf } from "./assist.js";
export * from "./form/index.js";
export * from "./cart/index.js";
export { defineRetomaForm } from "./element.js";
export { requestsOf } from "./requests.js";

defineRetomaForm();
