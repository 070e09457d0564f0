"use client";

/** Retoma in React components, 18 and later. */

export { type UsedCart, useCart } from "./cart.js";
export { type UsedDraft, useDraft } from "./draft.js";
export { type UsedField, useDraftField } from "./field.js";
export { useDraftForm } from "./form.js";
export { type UsedHandoff, useHandoff } from "./handoff.js";
export { RetomaProvider, useRetoma } from "./provider.js";
export { useSaveStatus } from "./status.js";
