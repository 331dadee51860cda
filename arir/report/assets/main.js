// Put the parts in place, and follow the address.

import { showAcross } from "./across.js";
import { connectControls, showHead } from "./controls.js";
import { showCurves } from "./curves.js";
import { comparing, tested } from "./data.js";
import { showDifferences } from "./differences.js";
import { byId } from "./dom.js";
import { showForest } from "./forest.js";
import { showMatrix } from "./matrix.js";
import { showQueryList } from "./queries.js";
import { showQuery } from "./query.js";
import { showResults } from "./results.js";
import { showScores } from "./scores.js";
import { readAddress } from "./state.js";

showHead();
connectControls();
showAcross();
showResults();
if (tested) {
  showMatrix();
  showForest();
}
if (comparing) showDifferences();
showCurves();
showScores();
showQueryList();
showQuery();

/** A query in the address is what the reader wants to see: go there, with focus. */
function followAddress() {
  if (!readAddress()) return;
  byId("query").scrollIntoView();
  byId("query-heading").focus({ preventScroll: true });
}
addEventListener("hashchange", followAddress);
followAddress();
