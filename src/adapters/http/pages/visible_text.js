// Escapes invisible characters, and those that change the direction of text.

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const SPACES = "\n\t";
/** Some scripts and emoji need them. */
const JOINERS = "\u200c\u200d";

export function visible(text) {
  return escaped(text, SPACES);
}

export function visibleProse(text) {
  return escaped(text, SPACES + JOINERS);
}

function escaped(text, kept) {
  return String(text).replace(INVISIBLE, (one) => (kept.includes(one) ? one : codeOf(one)));
}

function codeOf(one) {
  const digits = one.codePointAt(0).toString(16).padStart(4, "0");
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits}`;
}
