// Forest plot: one line a pair, the estimate with its confidence interval, zero as reference.

import { chart, drawing, label, line, linear, verticals } from "./chart.js";
import { data, pairOf, systemName } from "./data.js";
import { byId, html, scrolling, svg } from "./dom.js";
import { interval, percent, pText, pValue, shorten, signed } from "./format.js";
import { follow, state } from "./state.js";

const ALL_PAIRS = 15;
let scaleName = "effect";

/** Every pair while they are few, else those of system A; always the better system first. */
function shownPairs() {
  const here = data.pairs.filter(({ measure }) => measure === state.measure);
  const chosen = here.length <= ALL_PAIRS ? here : here.filter(({ a, b }) => a === state.a || b === state.a);
  return chosen
    .map((pair) => (here.length > ALL_PAIRS ? pairOf(state.a, pair.a === state.a ? pair.b : pair.a, state.measure) : forward(pair)))
    .sort((x, y) => y.difference[0] - x.difference[0]);
}

const forward = (pair) => (pair.difference[0] < 0 ? pairOf(pair.b, pair.a, pair.measure) : pair);

export function showForest() {
  byId("effect-name").textContent = data.effect;
  const redraw = chart(byId("effects-chart"), draw);
  for (const radio of document.querySelectorAll("input[name=scale]")) {
    radio.addEventListener("change", () => {
      scaleName = radio.value;
      redraw();
    });
  }
  follow(["measure", "a"], () => {
    const many = data.pairs.length / data.measures.length > ALL_PAIRS;
    byId("effects-lead").textContent =
      `The first system of a pair against the second under ${data.measures[state.measure]}, with ${percent(data.level)} confidence intervals. ` +
      "Filled marks are significant after correction, hollow ones are not." +
      (many ? ` Only the pairs of system A (${systemName(state.a)}) are shown.` : "");
    byId("effects-table").replaceChildren(scrolling(table(), "Differences and effect sizes"));
    redraw();
  });
}

/** Names before the lines and numbers behind them, or both above where there is no room. */
function layout(width) {
  const wide = width >= 720;
  const side = { names: width * 0.32, numbers: 150 };
  return {
    width,
    wide,
    row: wide ? 30 : 44,
    left: wide ? side.names : 12,
    right: wide ? width - side.numbers : width - 12,
    letters: Math.floor((wide ? side.names : width - 150) / 15),
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
  const name = scaleName === "effect" ? data.effect : `difference in ${data.measures[state.measure]}`;
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
    value === null ? null : svg("circle", { cx: x(value), cy: y, r: 5, class: pair.significant ? "mark significant" : "mark" }),
  );
}

function table() {
  const heads = ["Pair", "Difference", "", data.effect, "", "p", "corrected p", "Wins / ties / losses"];
  const head = html("tr", {}, heads.map((text) => (text ? html("th", { scope: "col" }, text) : html("td", {}, `${percent(data.level)} interval`))));
  const rows = shownPairs().map(({ a, b, difference, effect, p, corrected, wtl }) => {
    const cells = [signed(difference[0]), interval(difference[1], difference[2], signed), signed(effect[0], 3)];
    cells.push(interval(effect[1], effect[2], (value) => signed(value, 3)), pValue(p), pValue(corrected), wtl.join(" / "));
    const names = html("th", { scope: "row", class: "name" }, `${systemName(a)} − ${systemName(b)}`);
    return html("tr", {}, names, cells.map((text) => html("td", { class: "value" }, text)));
  });
  const caption = html("caption", {}, `Pairs under ${data.measures[state.measure]}`);
  return html("table", {}, caption, html("thead", {}, head), html("tbody", {}, rows));
}
