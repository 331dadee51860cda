// Which system beats which: colour and sign and words, so that none is needed alone.

import { data, measures, pairOf, report, systemName } from "./data.js";
import { byId, html, scrolling, spoken } from "./dom.js";
import { pValue } from "./format.js";
import { letterOf, rowHeading } from "./labels.js";
import { follow, state } from "./state.js";

const DENSE_FROM = 9;

const SIGNS = { better: "▲", worse: "▼", same: "=" };
const WORDS = {
  better: "significantly better, p ",
  worse: "significantly worse, p ",
  same: "no significant difference, p ",
};

/** Against a baseline, it is the only column. */
const columns = data.systems
  .map((_, system) => system)
  .filter((system) => report.baseline === null || systemName(system) === report.baseline);

export function showMatrix() {
  follow(["measure"], () => {
    const measure = measures[state.measure];
    byId("significance-lead").textContent =
      `Each cell compares the system of its row with that of its column under ${measure}: ▲ the row is significantly better, ` +
      "▼ significantly worse, = no significant difference. The number is the corrected p-value.";
    const caption = html("caption", {}, `Corrected p-values under ${measure}`);
    const table = html(
      "table",
      { class: data.systems.length < DENSE_FROM ? "matrix" : "matrix dense" },
      caption,
      head(),
      html("tbody", {}, data.systems.map(row)),
    );
    byId("significance-matrix").replaceChildren(scrolling(table, "Significance of all pairs"));
  });
}

function head() {
  const corner = html("td", {}, spoken("row against column"));
  const heads = columns.map((system) => {
    const { letter, name } = data.systems[system];
    return html("th", { scope: "col", title: name }, letter, spoken(` ${name}`));
  });
  return html("thead", {}, html("tr", {}, corner, heads));
}

function row(_, first) {
  return html(
    "tr",
    {},
    rowHeading(first, letterOf(first)),
    columns.map((second) => cell(first, second)),
  );
}

function cell(first, second) {
  if (first === second) return html("td", { class: "self" }, spoken("the same system"));
  const pair = pairOf(first, second, state.measure);
  if (pair === null)
    return html(
      "td",
      { class: "untested" },
      html("span", { "aria-hidden": "true" }, "–"),
      spoken("not tested"),
    );
  const outcome =
    !pair.significant || pair.better === null ? "same" : pair.better === first ? "better" : "worse";
  const sign = html("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]);
  return html(
    "td",
    { class: outcome, title: `p = ${pair.corrected}` },
    sign,
    spoken(WORDS[outcome]),
    pValue(pair.corrected),
  );
}
