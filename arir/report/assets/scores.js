// Histograms of scores, one figure for A and one for B.

import { chart, colourOf, drawing, label, linear, swatch, verticals } from "./chart.js";
import { comparing, data, systemName } from "./data.js";
import { byId, html, svg } from "./dom.js";
import { count, number, plural } from "./format.js";
import { follow, state } from "./state.js";

const HEIGHT = 200;

export function showScores() {
  const sides = comparing ? ["a", "b"] : ["a"];
  byId("scores-charts").append(...sides.map(figure));
}

function figure(side) {
  const heading = html("h3", {});
  const counts = html("p", { class: "counts" });
  const box = html("div", { class: "chart" });
  const redraw = chart(box, (width) => draw(state[side], width));
  follow([side], () => {
    const { relevant, other } = data.scores[state[side]];
    heading.replaceChildren(swatch(state[side]), systemName(state[side]));
    counts.textContent = `${plural(sum(relevant), "relevant hit")}, ${plural(sum(other), "other")}`;
    redraw();
  });
  return html("div", {}, heading, counts, box);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const shares = (values) => values.map((value) => value / (sum(values) || 1));

function draw(system, width) {
  const { edges, relevant, other } = data.scores[system];
  const [left, right, top, bottom] = [8, width - 8, 8, HEIGHT - 42];
  const domain = [edges[0], edges[edges.length - 1]];
  const x = linear(domain, [left, right]);
  const [filled, outlined] = [shares(relevant), shares(other)];
  const y = linear([0, Math.max(...filled, ...outlined) || 1], [bottom, top]);
  const words = `Scores of ${systemName(system)}: ${count(sum(relevant))} relevant and ${count(sum(other))} other hits between ${domain[0]} and ${domain[1]}.`;
  return drawing(
    width,
    HEIGHT,
    words,
    verticals(x, domain, top, bottom, width / 70, number),
    svg("path", {
      d: `M${left} ${bottom}${steps(edges, filled, x, y)}V${bottom}z`,
      fill: colourOf(system),
      class: "filled",
    }),
    svg("path", { d: `M${left} ${bottom}${steps(edges, outlined, x, y)}V${bottom}`, class: "outlined" }),
    label((left + right) / 2, HEIGHT - 6, "score", "middle", "axis"),
  );
}

function steps(edges, heights, x, y) {
  return heights.map((height, at) => `V${y(height).toFixed(2)}H${x(edges[at + 1]).toFixed(2)}`).join("");
}
