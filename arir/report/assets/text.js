// Direction and language of a text, and its letters folded for searching.

import { html } from "./dom.js";

const FIRST_LETTER = /\p{L}/u;
const ARABIC = /\p{Script=Arabic}/u;
const HEBREW = /\p{Script=Hebrew}/u;
// Letters that Persian and Urdu have and Arabic has not.
const PERSIAN = /[پچژگکی]/u;
const URDU = /[ٹڈڑںےہھ]/u;

/** Direction by the first letter, as HTML's dir="auto" finds it. */
export function directionOf(text) {
  const letter = text.match(FIRST_LETTER)?.[0] ?? "";
  return ARABIC.test(letter) || HEBREW.test(letter) ? "rtl" : "ltr";
}

/** The language where the script tells it, so that fonts and voices fit; else null. */
function languageOf(text) {
  const letter = text.match(FIRST_LETTER)?.[0] ?? "";
  if (HEBREW.test(letter)) return "he";
  if (!ARABIC.test(letter)) return null;
  if (URDU.test(text)) return "ur";
  return PERSIAN.test(text) ? "fa" : "ar";
}

/** An element that holds a text of the collection. */
export function collected(tag, text, attributes = {}) {
  return html(tag, { ...attributes, dir: directionOf(text), lang: languageOf(text) }, text);
}

/** Small letters without marks; the spellings of alif, ya and ta marbuta are one. */
export function fold(text) {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}ـ]/gu, "")
    .replace(/ى/g, "ي")
    .replace(/ة/g, "ه")
    .replace(/ٱ/g, "ا")
    .toLowerCase();
}
