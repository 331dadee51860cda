// What the figures share: drawing at the width there is, scales, axes, swatches.

import { data } from "./data.js";
import { svg } from "./dom.js";

const NARROWEST = 240;
// An A4 page between its margins; on paper a figure keeps its letters readable only at this width.
const PAPER = 680;

/** Draw into a box at its width, again whenever the width changes; gives a function to redraw. */
export function chart(box, draw) {
  let width = 0;
  const drawAt = (size) => {
    if (width > 0) box.replaceChildren(draw(Math.max(NARROWEST, size)));
  };
  const redraw = () => drawAt(width);
  addEventListener("beforeprint", () => drawAt(Math.min(width, PAPER)));
  addEventListener("afterprint", redraw);
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now === width) return;
    width = now;
    redraw();
  }).observe(box);
  return redraw;
}

/** A map from [low, high] to [start, end]. */
export function linear([low, high], [start, end]) {
  const span = high - low || 1;
  return (value) => start + ((value - low) / span) * (end - start);
}

/** Round values between low and high, about as many as asked for. */
function ticks(low, high, about) {
  const rough = (high - low || 1) / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const values = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) {
    values.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  }
  return { values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** The first round value at or above a height, so that an axis ends on a line. */
export function roundUp(height, about) {
  const { values } = ticks(0, height, about);
  const step = values.length > 1 ? values[1] : height;
  return Math.ceil(height / step - 1e-9) * step;
}

/** The root of a figure; the label says in words what it shows. */
export function drawing(width, height, label, ...children) {
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  return svg("svg", { ...size, role: "img", "aria-label": label }, ...children);
}

/** Text at a point; anchor is start, middle or end. */
export function label(x, y, text, anchor = "middle", kind = "label") {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, text);
}

export function line(x1, y1, x2, y2, kind) {
  return svg("line", { x1, y1, x2, y2, class: kind });
}

/** A horizontal axis: lines from top to bottom at round values, with the values below. */
export function verticals(scale, domain, top, bottom, about, form) {
  const { values, digits } = ticks(...domain, about);
  return values.map((value) => [
    line(scale(value), top, scale(value), bottom, value === 0 ? "zero" : "grid"),
    label(scale(value), bottom + 16, form(value, digits)),
  ]);
}

/** A vertical axis: lines from left to right at round values, with the values before them. */
export function horizontals(scale, domain, left, right, about, form) {
  const { values, digits } = ticks(...domain, about);
  return values.map((value) => [
    line(left, scale(value), right, scale(value), value === 0 ? "zero" : "grid"),
    label(left - 6, scale(value) + 4, form(value, digits), "end"),
  ]);
}

export const colourOf = (system) => `var(--system-${data.systems[system].hue})`;

/** Attributes of a system's line. */
export function stroke(system, width) {
  const dash = data.systems[system].dash.map((length) => length * width).join(" ");
  return { stroke: colourOf(system), "stroke-width": width, "stroke-dasharray": dash || null, fill: "none" };
}

/** A short piece of a system's line, to stand before its name. */
export function swatch(system) {
  const mark = svg("line", { x1: 0, y1: 5, x2: 30, y2: 5, ...stroke(system, 2) });
  return svg("svg", { width: 30, height: 10, class: "swatch", "aria-hidden": "true" }, mark);
}
