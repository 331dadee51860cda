// Several collections: means by collection, macro averages, and gaps between groups.

import { data, measures, report } from "./data.js";
import { byId, html, scrolling, spoken } from "./dom.js";
import { interval, number, percent, signed } from "./format.js";
import { pairTable } from "./pairs.js";
import { follow, openCollection, state } from "./state.js";

const macro = report.macro;

export function showAcross() {
  if (macro === null) return;
  byId("across-lead").textContent = [
    `Means by collection, and the macro average, in which every collection has the same weight, with its ${percent(report.confidence)} confidence interval.`,
    "The best of a column is bold; small letters name the systems whose macro average is significantly lower.",
    macro.leftOut.length > 0
      ? `Without a macro average, for want of a run on some collection: ${macro.leftOut.join(", ")}.`
      : "",
  ].join(" ");
  follow(["measure"], () => {
    byId("across-table").replaceChildren(scrolling(meansTable(), "Means by collection"));
    byId("across-pairs").replaceChildren(...further());
  });
}

function meansTable() {
  const heads = report.collections.map((name) => html("th", { scope: "col", class: "value" }, opener(name)));
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, "System"),
    heads,
    html("th", { scope: "col" }, "Macro average"),
  );
  const best = bestOfColumns();
  const caption = html("caption", {}, `${measures[state.measure]} by collection`);
  return html(
    "table",
    { class: "results" },
    caption,
    html("thead", {}, head),
    html(
      "tbody",
      {},
      macro.systems.map((_, at) => row(at, best)),
    ),
  );
}

function opener(name) {
  if (name === data.name) return html("span", {}, name, spoken(", shown below"));
  return html("button", { type: "button", class: "link", click: () => openCollection(name) }, name);
}

function bestOfColumns() {
  const means = macro.means[state.measure];
  const averages = macro.averages[state.measure].map((average) => average?.[0] ?? null);
  const highest = (values) => Math.max(...values.filter((value) => value !== null));
  return [
    ...report.collections.map((_, at) => highest(means.map((ofSystem) => ofSystem[at]))),
    highest(averages),
  ];
}

function row(system, best) {
  const letter = html("span", { class: "letter" }, macro.letters[system]);
  const name = html(
    "th",
    { scope: "row", class: "name" },
    html("span", { class: "system" }, letter, html("span", {}, macro.systems[system])),
  );
  const means = macro.means[state.measure][system].map((value, at) =>
    html("td", { class: "value" }, value === null ? html("span", {}, "–") : mean(value, best[at])),
  );
  return html("tr", {}, name, means, average(system, best[best.length - 1]));
}

const mean = (value, highest) => html(value === highest ? "strong" : "span", {}, number(value));

function average(system, highest) {
  const found = macro.averages[state.measure][system];
  if (found === null) return html("td", { class: "value" }, "–");
  const [value, low, high] = found;
  const letters = macro.better[state.measure][system];
  const worse = letters ? [spoken(" significantly better than "), html("sup", {}, letters)] : null;
  return html(
    "td",
    { class: "value" },
    mean(value, highest),
    worse,
    html("span", { class: "interval" }, interval(low, high)),
  );
}

function further() {
  const pairs = macro.pairs.filter(({ measure }) => measure === state.measure);
  const gaps = macro.gaps.filter(({ measure }) => measure === state.measure);
  const parts = [];
  if (gaps.length > 0) parts.push(scrolling(gapTable(gaps), "Gaps between groups of collections"));
  if (pairs.length > 0) {
    const table = scrolling(
      pairTable(pairs, (system) => macro.systems[system], "Differences of macro averages"),
      "Differences of macro averages",
    );
    parts.push(html("details", {}, html("summary", {}, "Tests of the macro averages"), table));
  }
  return parts;
}

function gapTable(gaps) {
  const heads = ["System", "Groups", "Gap", "interval"].map((name) => html("th", { scope: "col" }, name));
  const rows = gaps.map(({ system, groups, gap }) => {
    const cells = [groups.join(" − "), signed(gap[0]), interval(gap[1], gap[2], signed)];
    return html(
      "tr",
      {},
      html("th", { scope: "row", class: "name" }, system),
      cells.map((text) => html("td", {}, text)),
    );
  });
  const caption = html(
    "caption",
    {},
    "Gaps between groups: the macro average on the first minus that on the second",
  );
  return html("table", {}, caption, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, rows));
}
