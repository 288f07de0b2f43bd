// Spells out what would not be seen on a page, or would turn around what is seen.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const SPACES = "\n\t";
/** Some scripts and signs are put together with these, in what people write. */
const JOINERS = "\u200c\u200d";

export function visible(text) {
  return spelledOut(text, SPACES);
}

export function visibleProse(text) {
  return spelledOut(text, SPACES + JOINERS);
}

function spelledOut(text, kept) {
  return String(text).replace(UNSEEN, (one) => (kept.includes(one) ? one : spelled(one)));
}

function spelled(one) {
  const digits = one.codePointAt(0).toString(16).padStart(4, "0");
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits}`;
}
