/** Tells card numbers from other text by the same rule as the server, so that none leaves the page. */

/** Issuer prefixes with their lengths; the check digit alone would take one in ten long numbers for a card's. */
const ISSUERS =
  /^(4(\d{15}|\d{18})|5[1-5]\d{14}|(222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|(6011|64[4-9]\d|65\d\d)\d{12,15}|3(0[0-5]|[68]\d)\d{11,16}|35(2[89]|[3-8]\d)\d{12,15}|62\d{14,17})$/;
/** What may stand between two digits of one number. */
const GAP = /(?<=\d)[\s.\-\u2010-\u2015]{1,3}(?=\d)/g;
/** In any groups where the number stands alone, among others in those that cards print; look-ahead, because groups overlap. */
const WRITTEN = [
  /(?<!\d)(?=(\d(?: ?\d){13,18})(?!\d))/g,
  ...["\\d{13,18}", "\\d{3}(?: \\d{4}){2} \\d{2,4}", "\\d{3}(?: \\d{4}){3} \\d{1,3}", "\\d{3} \\d{6} \\d{4,5}"].map(
    (shape) => new RegExp(`(?<!\\d)(?=([2-6]${shape})(?!\\d))`, "g"),
  ),
];

/** No card number has fewer digits; with every keystroke all fields are looked at. */
const FEWEST = 14;

/**
 * Whether a card number stands anywhere in a text, however it is written.
 *
 * @example
 * holdsCardNumber("paid with 4111-1111-1111-1111"); // true
 */
export function holdsCardNumber(text: string): boolean {
  if (text.replace(/\P{Nd}/gu, "").length < FEWEST) return false;
  const spaced = plain(text).replace(GAP, " ");
  return WRITTEN.some((written) => [...spaced.matchAll(written)].some(([, run = ""]) => isCardNumber(run.replaceAll(" ", ""))));
}

const isCardNumber = (digits: string): boolean => ISSUERS.test(digits) && hasCheckDigit(digits);

/** ISO/IEC 7812-1. */
function hasCheckDigit(digits: string): boolean {
  const weighed = [...digits].toReversed().map((digit, index) => (index % 2 === 0 ? Number(digit) : Number("0246813579"[Number(digit)])));
  return weighed.reduce((sum, digit) => sum + digit, 0) % 10 === 0;
}

/** The text with every kind of digit as an ASCII one: in Unicode those of a script follow each other, zero first. */
const plain = (text: string): string => text.normalize("NFKC").replace(/(?!\d)\p{Nd}/gu, (digit) => String(placeOf(digit.codePointAt(0) ?? 0) % 10));

function placeOf(code: number): number {
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return code - first;
}
