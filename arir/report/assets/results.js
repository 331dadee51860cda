// The table of means: sortable, best bold, letters for what is significantly worse.

import { swatch } from "./chart.js";
import { data, measures, report } from "./data.js";
import { byId, html, scrolling, spoken } from "./dom.js";
import { count, interval, number, percent } from "./format.js";
import { letterOf, rowHeading } from "./labels.js";

const NAME = -1;
// From so many systems on, their letters need a line of their own.
const DENSE_FROM = 9;
const sorting = { column: NAME, descending: false };
const best = measures.map((_, measure) => Math.max(...data.systems.map((system) => mean(system, measure))));

function mean(system, measure) {
  return Number(number(system.means[measure][0]).replace("−", "-"));
}

export function showResults() {
  const intervals = data.systems.some((system) => system.means.some(([, low]) => low !== null));
  const letters = data.systems.some((system) => system.better.some(Boolean));
  if (report.macro !== null) byId("results-heading").textContent = `Results on ${data.name}`;
  byId("results-lead").textContent = [
    `Means over ${count(data.topics.length)} topics${intervals ? `, with ${percent(report.confidence)} confidence intervals` : ""}.`,
    "The best mean of a measure is bold.",
    letters ? "Small letters name the systems that are significantly worse." : "",
  ].join(" ");
  const body = html("tbody");
  const table = html(
    "table",
    { class: data.systems.length < DENSE_FROM ? "results" : "results dense" },
    html("caption", {}, "Mean effectiveness"),
    header(body),
    body,
  );
  byId("results-table").append(scrolling(table, "Mean effectiveness"));
  fillRows(body);
}

function header(body) {
  const cells = ["System", ...measures].map((name, at) => heading(name, at - 1, body));
  return html("thead", {}, html("tr", {}, cells));
}

function heading(name, column, body) {
  const cell = html("th", { scope: "col", class: column === NAME ? "name" : "value" });
  const sort = () => {
    // Numbers begin with the best, names with A.
    sorting.descending = sorting.column === column ? !sorting.descending : column !== NAME;
    sorting.column = column;
    for (const other of cell.parentNode.children) other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", sorting.descending ? "descending" : "ascending");
    fillRows(body);
  };
  cell.append(
    html(
      "button",
      { type: "button", click: sort },
      name,
      html("span", { class: "arrow", "aria-hidden": "true" }),
    ),
  );
  return cell;
}

function fillRows(body) {
  const order = data.systems.map((_, system) => system);
  if (body.hasChildNodes()) order.sort(compare);
  body.replaceChildren(...order.map(row));
}

function compare(x, y) {
  const [first, second] = [data.systems[x], data.systems[y]];
  const { column, descending } = sorting;
  const ascending =
    column === NAME
      ? first.name.localeCompare(second.name, "en", { numeric: true })
      : mean(first, column) - mean(second, column);
  return (descending ? -ascending : ascending) || x - y;
}

function row(system) {
  const { means, better } = data.systems[system];
  return html(
    "tr",
    {},
    rowHeading(system, swatch(system), letterOf(system)),
    means.map((estimate, measure) => cell(estimate, better[measure], measure)),
  );
}

function cell([value, low, high], letters, measure) {
  const text = number(value);
  const isBest = Number(text) === best[measure] && data.systems.length > 1;
  const worse = letters ? [spoken(" significantly better than "), html("sup", {}, letters)] : null;
  const range = interval(low, high);
  return html(
    "td",
    { class: "value" },
    html(isBest ? "strong" : "span", {}, text),
    worse,
    range ? html("span", { class: "interval" }, range) : null,
  );
}
