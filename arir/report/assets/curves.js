// Recall and precision curves: A and B in front, the others thinner behind.

import { chart, drawing, horizontals, label, linear, roundUp, stroke, swatch, verticals } from "./chart.js";
import { comparing, data, report, systemName } from "./data.js";
import { byId, html, scrolling, svg } from "./dom.js";
import { number } from "./format.js";
import { drawnHeading } from "./labels.js";
import { follow, state } from "./state.js";

export function showCurves() {
  const redraw = chart(byId("curves-chart"), draw);
  byId("curves-table").append(scrolling(table(), "Precision at levels of recall"));
  follow(["a", "b"], () => {
    byId("curves-legend").replaceChildren(...data.systems.map((_, system) => entry(system)));
    redraw();
  });
}

const chosen = (system) => system === state.a || system === state.b;

function entry(system) {
  const role = system === state.a ? " (A)" : system === state.b ? " (B)" : "";
  return html(
    "li",
    chosen(system) ? { class: "chosen" } : {},
    swatch(system),
    systemName(system),
    comparing ? role : "",
  );
}

function draw(width) {
  const height = Math.min(380, Math.max(260, width * 0.5));
  const [left, right, top, bottom] = [48, width - 14, 10, height - 42];
  const ceiling = roundUp(Math.max(0.1, ...data.curves.flat()), 5);
  const x = linear([0, 1], [left, right]);
  const y = linear([0, ceiling], [bottom, top]);
  const behindFirst = data.systems.map((_, system) => system).sort((s, t) => chosen(s) - chosen(t));
  const curves = behindFirst.map((system) => {
    const points = data.curves[system].map((value, at) => `${x(report.recall[at])},${y(value)}`).join(" ");
    return svg(
      "polyline",
      { points, ...stroke(system, chosen(system) ? 3 : 1.5) },
      svg("title", {}, systemName(system)),
    );
  });
  return drawing(
    width,
    height,
    `Recall and precision curves of ${data.systems.length} systems; the numbers follow in a table.`,
    verticals(x, [0, 1], top, bottom, width < 500 ? 5 : 10, number),
    horizontals(y, [0, ceiling], left, right, 5, number),
    curves,
    label((left + right) / 2, height - 6, "recall", "middle", "axis"),
    svg(
      "text",
      {
        x: 0,
        y: 0,
        transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`,
        "text-anchor": "middle",
        class: "axis",
      },
      "precision",
    ),
  );
}

function table() {
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, "System"),
    report.recall.map((level) => html("th", { scope: "col", class: "value" }, number(level, 1))),
  );
  const rows = data.curves.map((curve, system) =>
    html(
      "tr",
      {},
      drawnHeading(system),
      curve.map((value) => html("td", { class: "value" }, number(value))),
    ),
  );
  return html(
    "table",
    {},
    html("caption", {}, "Interpolated precision by recall"),
    html("thead", {}, head),
    html("tbody", {}, rows),
  );
}
