// Passages as a ranking shows them: id, score, judgment, text.

import { data, report } from "./data.js";
import { html, spoken } from "./dom.js";
import { directionOf, collected } from "./text.js";

export const passageId = (passage) => data.passages[passage][0];

/** The judgment in words and colour; null where the passage is not judged. */
export function judgment(grade) {
  if (grade === undefined) return html("span", { class: "judgment unjudged" }, "not judged");
  const relevant = grade >= report.relevantFrom;
  const sign = html("span", { "aria-hidden": "true" }, relevant ? "✓ " : "✗ ");
  return html(
    "span",
    { class: relevant ? "judgment relevant" : "judgment irrelevant" },
    sign,
    `grade ${grade}`,
    spoken(relevant ? ", relevant" : ", not relevant"),
  );
}

/** One hit of a ranking; otherRank is the passage's rank in the other system, if shown there. */
export function hit([passage, score], rank, grade, otherRank) {
  const head = html(
    "p",
    { class: "hit-head" },
    html("span", { class: "rank" }, spoken("rank "), rank),
    html("span", { class: "id" }, passageId(passage)),
    judgment(grade),
    html("span", { class: "score" }, spoken("score "), score),
    otherRank ? html("span", { class: "other" }, otherRank) : null,
  );
  return html(
    "li",
    { class: grade !== undefined && grade >= report.relevantFrom ? "hit relevant" : "hit" },
    head,
    body(passage),
  );
}

/** Title and contents, the title once where the contents begin with it. */
function body(passage) {
  const [, title = "", contents = ""] = data.passages[passage];
  if (!contents) return null;
  const parts = [];
  if (title && !contents.startsWith(title)) parts.push(collected("p", title, { class: "passage-title" }));
  parts.push(collected("p", contents, { class: "passage" }));
  return html("div", { dir: directionOf(contents) }, parts);
}

/** The title of a passage, or nothing. */
export function titleOf(passage) {
  const title = data.passages[passage][1];
  return title ? collected("span", title, { class: "passage-title" }) : null;
}
