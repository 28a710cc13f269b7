"use strict";
// Data, formats and small builders. Texts of candidates are only ever set as textContent.

const DATA = JSON.parse(document.getElementById("data").textContent);
const COLUMNS = DATA.columns;
const OBJECTIVES = DATA.objectives;
const STRINGS = COLUMNS.strings;
const REJECTED = new Set(DATA.rejected);
const BY_ID = new Map(COLUMNS.id.map((id, i) => [id, i]));

const value = (objective, i) => {
  const score = COLUMNS.scores[objective][i];
  return Array.isArray(score) ? score[0] : score;
};
const status = (i) => STRINGS[COLUMNS.status[i]];
const isBetter = (objective, a, b) => (OBJECTIVES[objective].direction === "maximize" ? a > b : a < b);

function build(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, text] of Object.entries(attributes || {})) {
    if (name === "class") node.className = text;
    else if (name === "text") node.textContent = text;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), text);
    else if (text !== false && text !== null) node.setAttribute(name, text);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function mark(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, content] of Object.entries(attributes)) node.setAttribute(name, content);
  if (text !== undefined) node.textContent = text;
  return node;
}

function number(x, digits = 6) {
  if (x === null || x === undefined) return "–";
  if (Number.isInteger(x) && Math.abs(x) < 1e12) return x.toLocaleString("en-US").replace("-", "−");
  const magnitude = Math.abs(x);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e12)) {
    return x.toPrecision(Math.min(digits, 4)).replace(/\.?0+e/, "e").replace(/-/g, "−");
  }
  return x.toLocaleString("en-US", { maximumSignificantDigits: digits }).replace("-", "−");
}

// Short enough for the margin of a chart.
function tickText(x) {
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"]]) {
    if (Math.abs(x) >= size) return `${number(x / size, 4)} ${unit}`;
  }
  return number(x, 5);
}

function duration(s) {
  if (s === null || s === undefined) return "–";
  if (s < 10) return `${Math.round(s * 10) / 10} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 >= 0.5 ? ` ${Math.round(s % 60)} s` : ""}`;
  return `${Math.floor(s / 3600)} h${s % 3600 >= 30 ? ` ${Math.round((s % 3600) / 60)} min` : ""}`;
}

const money = (x) => (x === null ? "–" : x === 0 ? "$0" : x < 0.01 ? `$${x.toPrecision(2)}` : `$${x.toFixed(2)}`);

function scoreText(objective, i) {
  const score = COLUMNS.scores[objective][i];
  if (score === null) return "–";
  return Array.isArray(score) ? `${number(score[0])} [${number(score[1], 5)}, ${number(score[2], 5)}]` : number(score);
}

const withUnit = (objective) => {
  const { name, unit } = OBJECTIVES[objective];
  return unit && unit !== name ? `${name} (${unit})` : name;
};
