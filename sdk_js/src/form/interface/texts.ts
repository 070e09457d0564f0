/** What the interface says, in English and Spanish. */

/**
 * The texts of the interface. `{value}`, `{device}`, `{who}`, `{store}`, `{what}`, `{count}` and `{fields}` stand for what they name.
 *
 * @example
 * bindForm(draft, form, { texts: { saved: "All good", startOver: "Clear the form" } });
 */
export interface Texts {
  readonly saved: string;
  readonly saving: string;
  readonly kept: string;
  readonly offline: string;
  readonly needsAuth: string;
  readonly memoryOnly: string;
  readonly conflict: string;
  readonly completed: string;
  readonly closed: string;
  readonly restored: string;
  /** For screen readers: what was put back. */
  readonly restoredFields: string;
  readonly startOver: string;
  readonly startOverAsk: string;
  readonly startOverYes: string;
  readonly startOverNo: string;
  readonly enteredOn: string;
  readonly enteredElsewhere: string;
  readonly enteredBy: string;
  readonly use: string;
  readonly keep: string;
  readonly refused: string;
  readonly cardNumber: string;
  readonly helpedBy: string;
  readonly helpedIn: string;
  readonly stop: string;
  /** Staff may look, and write no more. */
  readonly onlyLook: string;
  /** In an emergency a supervisor looks without having asked; the reason follows where it is known. */
  readonly overridden: string;
  readonly overriddenIn: string;
  /** Staff ask to be let in, into `{what}` or into what the customer chooses. */
  readonly asks: string;
  readonly asksIn: string;
  readonly asksWhich: string;
  readonly asksWhichIn: string;
  readonly which: string;
  readonly letIn: string;
  readonly deny: string;
  /** After help: `{count}` of the answers are of `{who}`. */
  readonly changedOne: string;
  readonly changed: string;
  readonly changedHere: string;
  readonly thatsRight: string;
  /** Another device waits for the number that it shows to be picked. */
  readonly match: string;
  readonly matchOn: string;
  readonly matchNone: string;
  readonly matchWrong: string;
  readonly nothing: string;
  readonly yes: string;
  readonly no: string;
}

const ENGLISH: Texts = {
  saved: "Saved",
  saving: "Saving…",
  kept: "Saved on this device",
  offline: "Offline, saved on this device",
  needsAuth: "Saved on this device only. Sign in to go on elsewhere",
  memoryOnly: "Not saved yet. Keep this page open",
  conflict: "Saved. Please choose between two answers",
  completed: "This form has been sent",
  closed: "This form can no longer be changed",
  restored: "Welcome back. Your answers are here.",
  restoredFields: "Welcome back. Your answers are here: {fields}.",
  startOver: "Start over",
  startOverAsk: "Delete all your answers?",
  startOverYes: "Yes, delete",
  startOverNo: "No, keep them",
  enteredOn: "You also entered {value} on {device}.",
  enteredElsewhere: "You also entered {value} elsewhere.",
  enteredBy: "{who} entered {value}.",
  use: "Use it",
  keep: "Keep mine",
  refused: "{value} was not accepted and is not saved.",
  cardNumber: "Card numbers are never saved. Take it out, and what you write here is saved.",
  helpedBy: "{who} is helping you.",
  helpedIn: "{who} in {store} is helping you.",
  stop: "Stop",
  onlyLook: "Only look",
  overridden: "{who}, a supervisor, is looking at this without having asked you.",
  overriddenIn: "{who}, a supervisor in {store}, is looking at this without having asked you.",
  asks: "{who} asks to see what you have begun: {what}.",
  asksIn: "{who} in {store} asks to see what you have begun: {what}.",
  asksWhich: "{who} asks to help you with what you choose.",
  asksWhichIn: "{who} in {store} asks to help you with what you choose.",
  which: "With what",
  letIn: "Yes, they may look and change",
  deny: "No",
  changedOne: "{who} changed 1 answer.",
  changed: "{who} changed {count} answers.",
  changedHere: "{who} entered this.",
  thatsRight: "That’s right",
  match: "Another device wants to go on with this. Which number does it show?",
  matchOn: "{device} wants to go on with this. Which number does it show?",
  matchNone: "None of these",
  matchWrong: "That was not the number. Nothing was opened.",
  nothing: "nothing",
  yes: "yes",
  no: "no",
};

const SPANISH: Texts = {
  saved: "Guardado",
  saving: "Guardando…",
  kept: "Guardado en este dispositivo",
  offline: "Sin conexión, guardado en este dispositivo",
  needsAuth: "Guardado solo en este dispositivo. Inicia sesión para seguir en otro",
  memoryOnly: "Aún sin guardar. No cierres esta página",
  conflict: "Guardado. Elige entre dos respuestas",
  completed: "Este formulario ya se ha enviado",
  closed: "Este formulario ya no se puede cambiar",
  restored: "Hola de nuevo. Aquí están tus respuestas.",
  restoredFields: "Hola de nuevo. Aquí están tus respuestas: {fields}.",
  startOver: "Empezar de nuevo",
  startOverAsk: "¿Borrar todas tus respuestas?",
  startOverYes: "Sí, borrar",
  startOverNo: "No, conservar",
  enteredOn: "También escribiste {value} en {device}.",
  enteredElsewhere: "También escribiste {value} en otro lugar.",
  enteredBy: "{who} escribió {value}.",
  use: "Usarlo",
  keep: "Conservar lo mío",
  refused: "{value} no se ha aceptado y no está guardado.",
  cardNumber: "Los números de tarjeta nunca se guardan. Quítalo y se guardará lo que escribas aquí.",
  helpedBy: "{who} te está ayudando.",
  helpedIn: "{who} en {store} te está ayudando.",
  stop: "Parar",
  onlyLook: "Solo mirar",
  overridden: "{who}, que supervisa, está mirando esto sin haberte preguntado.",
  overriddenIn: "{who}, que supervisa en {store}, está mirando esto sin haberte preguntado.",
  asks: "{who} pide ver lo que has empezado: {what}.",
  asksIn: "{who} en {store} pide ver lo que has empezado: {what}.",
  asksWhich: "{who} pide ayudarte con lo que elijas.",
  asksWhichIn: "{who} en {store} pide ayudarte con lo que elijas.",
  which: "Con qué",
  letIn: "Sí, puede mirar y cambiar",
  deny: "No",
  changedOne: "{who} cambió 1 respuesta.",
  changed: "{who} cambió {count} respuestas.",
  changedHere: "{who} escribió esto.",
  thatsRight: "Está bien",
  match: "Otro dispositivo quiere continuar con esto. ¿Qué número muestra?",
  matchOn: "{device} quiere continuar con esto. ¿Qué número muestra?",
  matchNone: "Ninguno de estos",
  matchWrong: "No era ese número. No se ha abierto nada.",
  nothing: "nada",
  yes: "sí",
  no: "no",
};

/** The language that the interface speaks on a page in some language. */
export const spoken = (language: string): "en" | "es" => (/^es\b/i.test(language) ? "es" : "en");

/** The texts in a language, with the page's own in their place. */
export function textsIn(language: "en" | "es", own: Partial<Texts>): Texts {
  return { ...(language === "es" ? SPANISH : ENGLISH), ...own };
}

/** A text as nodes; what stands for something becomes an element of its own, never markup. */
export function sentence(text: string, parts: Readonly<Record<string, string>>): readonly (string | HTMLElement)[] {
  return text.split(/(\{\w+\})/).map((piece) => {
    const part = parts[piece.slice(1, -1)];
    if (!piece.startsWith("{") || part === undefined) return piece;
    const strong = document.createElement("b");
    strong.textContent = part;
    return strong;
  });
}

/** A text with its parts, to be spoken. */
export const spokenText = (text: string, parts: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole);
