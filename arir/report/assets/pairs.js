// Pairs of systems as a table of numbers.

import { html } from "./dom.js";
import { count, interval, number, pValue, signed } from "./format.js";

const small = (value) => signed(value, 3);

/** Head, and the cells of a pair; a column is there only where some pair has a number for it. */
const COLUMNS = [
  ["Difference", ({ difference }) => signed(difference[0])],
  ["interval", ({ difference }) => interval(difference[1], difference[2], signed)],
  ["p", ({ p }) => pValue(p)],
  ["corrected p", ({ corrected }) => pValue(corrected)],
  ["Hedges’ g", ({ g }) => small(g[0])],
  ["interval", ({ g }) => interval(g[1], g[2], small)],
  ["Cliff’s δ", ({ delta }) => small(delta[0])],
  ["interval", ({ delta }) => interval(delta[1], delta[2], small)],
  ["Wins / ties / losses", ({ wtl }) => wtl.map(count).join(" / ")],
  ["Detectable difference", ({ detectable }) => (detectable === null ? "" : number(detectable))],
  ["Topics needed", ({ needed }) => (needed === null ? "" : count(needed))],
  ["p of equivalence", ({ equivalence }) => (equivalence === null ? "" : pValue(equivalence))],
];

/** A table of pairs; nameOf gives the name of a position. */
export function pairTable(pairs, nameOf, caption) {
  const columns = COLUMNS.filter(([, text]) => pairs.some((pair) => text(pair) !== ""));
  const heads = columns.map(([name]) => html("th", { scope: "col", class: "value" }, name));
  const head = html("tr", {}, html("th", { scope: "col" }, "Pair"), heads);
  const rows = pairs.map((pair) => {
    const names = html("th", { scope: "row", class: "name" }, `${nameOf(pair.a)} − ${nameOf(pair.b)}`);
    return html(
      "tr",
      {},
      names,
      columns.map(([, text]) => html("td", { class: "value" }, text(pair))),
    );
  });
  return html("table", {}, html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, rows));
}
