// Forest plot: one line a pair, the estimate with its confidence interval, zero as reference.

import { chart, drawing, label, line, linear, verticals } from "./chart.js";
import { data, measures, pairOf, report, systemName } from "./data.js";
import { byId, html, scrolling, svg } from "./dom.js";
import { interval, number, pText, percent, shorten, signed } from "./format.js";
import { pairTable } from "./pairs.js";
import { follow, state } from "./state.js";

const ALL_PAIRS = 15;
const SCALES = { g: "Hedges’ g", delta: "Cliff’s δ", difference: "difference of the means" };
let scaleName = "g";

/** Every pair while they are few, else those of system A; always the better system first. */
function shownPairs() {
  const here = data.pairs.filter(({ measure }) => measure === state.measure);
  const chosen = here.length <= ALL_PAIRS ? here : here.filter(({ a, b }) => a === state.a || b === state.a);
  return chosen
    .map((pair) =>
      here.length > ALL_PAIRS
        ? pairOf(state.a, pair.a === state.a ? pair.b : pair.a, state.measure)
        : forward(pair),
    )
    .sort((x, y) => y.difference[0] - x.difference[0]);
}

const forward = (pair) => (pair.difference[0] < 0 ? pairOf(pair.b, pair.a, pair.measure) : pair);

export function showForest() {
  byId("effects-scale").append(...Object.entries(SCALES).map(choice));
  const redraw = chart(byId("effects-chart"), draw);
  byId("effects-scale").addEventListener("change", (event) => {
    scaleName = event.target.value;
    redraw();
  });
  follow(["measure", "a"], () => {
    byId("effects-lead").textContent = lead();
    const table = pairTable(shownPairs(), systemName, `Pairs under ${measures[state.measure]}`);
    byId("effects-table").replaceChildren(scrolling(table, "Differences and effect sizes"));
    redraw();
  });
}

const choice = ([value, name]) =>
  html(
    "label",
    {},
    html("input", { type: "radio", name: "scale", value, checked: value === scaleName }),
    " ",
    name,
  );

function lead() {
  const parts = [
    `The first system of a pair against the second under ${measures[state.measure]}, with ${percent(report.confidence)} confidence intervals.`,
    "Filled marks are significant after correction, hollow ones are not.",
  ];
  const detectable = data.detectable[state.measure];
  if (detectable !== null) {
    const [single, family] = detectable;
    parts.push(
      `With these topics a t-test finds a difference of ${number(single)} with a power of ${percent(report.power)}, one of ${number(family)} at the corrected level.`,
    );
  }
  if (data.pairs.length / measures.length > ALL_PAIRS)
    parts.push(`Only the pairs of system A (${systemName(state.a)}) are shown.`);
  return parts.join(" ");
}

/** Names before the lines and numbers behind them, or both above where there is no room. */
function layout(width) {
  const wide = width >= 720;
  const side = { names: width * 0.32, numbers: 160 };
  return {
    width,
    wide,
    row: wide ? 30 : 44,
    left: wide ? side.names : 12,
    right: wide ? width - side.numbers : width - 12,
    letters: Math.floor((wide ? side.names : width - 160) / 15),
  };
}

function draw(width) {
  const pairs = shownPairs();
  const place = layout(width);
  const top = 8;
  const bottom = top + pairs.length * place.row;
  const domain = domainOf(pairs);
  const x = linear(domain, [place.left, place.right]);
  const axis = verticals(x, domain, top, bottom, (place.right - place.left) / 80, signed);
  const name = scaleName === "difference" ? `difference in ${measures[state.measure]}` : SCALES[scaleName];
  const rows = pairs.map((pair, at) => row(pair, x, top + at * place.row, place));
  const words = `Forest plot of ${name} for ${pairs.length} pairs; the numbers follow in a table.`;
  const title = label((place.left + place.right) / 2, bottom + 36, name, "middle", "axis");
  return drawing(width, bottom + 42, words, axis, rows, title);
}

function domainOf(pairs) {
  const bounds = pairs.flatMap((pair) => pair[scaleName]).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...bounds), Math.max(0, ...bounds)];
  const margin = (high - low || 1) * 0.04;
  return [low - margin, high + margin];
}

function row(pair, x, top, { width, wide, letters }) {
  const [value, low, high] = pair[scaleName];
  const names = `${shorten(systemName(pair.a), letters)} − ${shorten(systemName(pair.b), letters)}`;
  const numbers = `${signed(value, 3)}, ${pText(pair.corrected)}`;
  const whole = `${systemName(pair.a)} − ${systemName(pair.b)}: ${signed(value)} ${interval(low, high, signed)}, ${pText(pair.corrected)}`;
  const text = top + (wide ? 19 : 16);
  const y = top + (wide ? 15 : 32);
  return svg(
    "g",
    {},
    svg("title", {}, whole),
    label(wide ? 0 : 12, text, names, "start", "row-label"),
    label(wide ? width : width - 12, text, numbers, "end", "row-label"),
    low === null ? null : line(x(low), y, x(high), y, "whisker"),
    value === null
      ? null
      : svg("circle", { cx: x(value), cy: y, r: 5, class: pair.significant ? "mark significant" : "mark" }),
  );
}
