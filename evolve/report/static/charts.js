// A scatter chart with lines, drawn as SVG from plain numbers. Colours come from CSS, so themes need no redrawing.

const MARGIN = { top: 34, right: 20, bottom: 44, left: 64 };

function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= raw * 0.999) || raw;
  const found = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + step * 1e-9; t += step) found.push(Math.abs(t) < step * 1e-9 ? 0 : t);
  return found;
}

function logTicks(low, high) {
  const found = [];
  const decades = Math.log10(high / low);
  const every = Math.ceil(decades / 7);
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p += every) {
    for (const k of decades < 2.5 ? [1, 2, 5] : [1]) found.push(Number((k * 10 ** p).toPrecision(3)));
  }
  return found;
}

function timeTicks(low, high, count) {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  const step = steps.find((s) => (high - low) / s <= count);
  if (!step || high - low < 3) return ticks(low, high, count);
  const found = [];
  for (let t = Math.ceil(low / step) * step; t <= high; t += step) found.push(t);
  return found;
}

// The range of the values that matter: outliers beyond it are drawn at the edge, and the chart says how many.
function span(values, keep, all, direction) {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  if (!sorted.length) return { low: 0, high: 1, log: false };
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  const kept = keep.filter((v) => v !== null && v !== undefined);
  // Nothing is left out on the better side; of the worse side, most of what a search tries is far off.
  let low = Math.min(at(all || direction === "minimize" ? 0 : 0.2), ...kept);
  let high = Math.max(at(all || direction === "maximize" ? 1 : 0.8), ...kept);
  const full = sorted[sorted.length - 1] - sorted[0];
  if (!all && full < 1.4 * (high - low)) [low, high] = [Math.min(low, sorted[0]), Math.max(high, sorted[sorted.length - 1])];
  // Values that differ by orders of magnitude would lie flat on a linear axis.
  const range = { log: low > 0 && high / low > 60 };
  if (range.log) {
    const pad = (high / low) ** 0.05;
    return Object.assign(range, { low: low / pad, high: high * pad });
  }
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
  return Object.assign(range, { low: low - pad, high: high + pad });
}

class Chart {
  constructor(host, options) {
    this.host = host;
    this.options = options; // () => { x, y, points, series, lines, ... }
    this.at = -1;
    this.tip = build("div", { class: "tip", role: "status", "aria-live": "polite" });
    this.tip.hidden = true;
    host.replaceChildren();
    host.tabIndex = 0;
    host.addEventListener("pointermove", (event) => this.hover(event));
    host.addEventListener("pointerleave", () => this.show(-1));
    host.addEventListener("blur", () => this.show(-1));
    host.addEventListener("click", (event) => { this.hover(event); if (this.at >= 0) openDetail(this.points[this.at].i); });
    host.addEventListener("keydown", (event) => this.key(event));
    let last = 0;
    new ResizeObserver(() => { if (host.clientWidth !== last) { last = host.clientWidth; this.draw(); } }).observe(host);
    this.draw();
  }

  draw() {
    const spec = this.options();
    const width = Math.max(280, this.host.clientWidth);
    const height = Math.round(Math.min(spec.height, Math.max(260, width * 0.72)));
    const area = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const scale = ({ low, high, log }, from, to) => {
      const turn = log ? Math.log : (v) => v;
      return (v) => from + ((turn(Math.min(Math.max(v, low), high)) - turn(low)) / (turn(high) - turn(low))) * (to - from);
    };
    this.x = scale(spec.x.range, area.left, area.right);
    this.y = scale(spec.y.range, area.bottom, area.top);
    this.width = width;
    this.spec = spec;
    const svg = mark("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    this.axes(svg, spec, area);
    for (const line of spec.lines) this.level(svg, line, area);
    if (spec.rug && spec.rug.length) {
      const d = spec.rug.map((x) => `M${this.x(x).toFixed(1)},${area.bottom}v-6`).join("");
      svg.append(mark("path", { d, class: "rug" }));
    }
    const place = (p) => ({ ...p, px: this.x(p.x), py: this.y(p.y) });
    this.points = spec.points.map(place);
    for (const kind of new Set(this.points.map((p) => p.kind))) {
      const d = this.points.filter((p) => p.kind === kind).map((p) => `M${p.px.toFixed(1)},${p.py.toFixed(1)}h0`).join("");
      svg.append(mark("path", { d, class: `dots ${kind}` }));
    }
    for (const path of spec.paths) this.path(svg, path);
    for (const p of this.points.filter((q) => q.label)) this.flag(svg, p, area);
    const cross = this.points.filter((p) => p.isRejected).map((p) => `M${p.px - 4},${p.py - 4}l8,8m0,-8l-8,8`).join("");
    if (cross) svg.append(mark("path", { d: cross, class: "cross" }));
    this.ring = mark("circle", { r: 8, class: "ring", visibility: "hidden" });
    svg.append(this.ring);
    this.host.replaceChildren(svg, this.tip);
    this.show(-1);
  }

  axes(svg, spec, area) {
    const narrow = this.width < 480;
    const within = ({ low, high }) => (t) => t >= low && t <= high;
    const choose = (range, make, count) => (range.log ? logTicks : make)(range.low, range.high, count).filter(within(range));
    const xTicks = choose(spec.x.range, spec.x.ticks || ticks, narrow ? 4 : 8);
    for (const t of choose(spec.y.range, ticks, 6)) {
      const y = this.y(t);
      svg.append(mark("line", { x1: area.left, x2: area.right, y1: y, y2: y, class: "grid" }));
      svg.append(mark("text", { x: area.left - 10, y: y + 4, class: "tick end" }, tickText(t)));
    }
    for (const t of xTicks) {
      svg.append(mark("text", { x: this.x(t), y: area.bottom + 18, class: "tick middle" }, spec.x.format(t)));
    }
    svg.append(mark("line", { x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom, class: "axis" }));
    svg.append(mark("text", { x: (area.left + area.right) / 2, y: area.bottom + 38, class: "name middle" }, spec.x.name + (spec.x.range.log ? ", log scale" : "")));
    svg.append(mark("text", { x: 2, y: 14, class: "name" }, spec.y.name + (spec.y.range.log ? ", log scale" : "")));
  }

  level(svg, line, area) {
    const { low, high } = this.spec.y.range;
    if (line.at < low || line.at > high) return;
    const y = this.y(line.at);
    svg.append(mark("line", { x1: area.left, x2: area.right, y1: y, y2: y, class: `level ${line.kind}` }));
    const above = y - area.top > 22;
    svg.append(mark("text", { x: area.right, y: above ? y - 6 : y + 15, class: `tag end ${line.kind}` }, line.text));
  }

  path(svg, path) {
    if (!path.points.length) return;
    let d = "";
    path.points.forEach(([x, y], k) => {
      const px = this.x(x).toFixed(1), py = this.y(y).toFixed(1);
      d += k === 0 ? `M${px},${py}` : path.corner === "before" ? `V${py}H${px}` : `H${px}V${py}`;
    });
    svg.append(mark("path", { d, class: `line ${path.kind}` }));
  }

  flag(svg, p, area) {
    svg.append(mark("circle", { cx: p.px, cy: p.py, r: 6, class: `flag ${p.flag}` }));
    const end = p.px > (area.left + area.right) / 2;
    const y = p.py < area.top + 26 ? p.py + 22 : p.py - 13;
    svg.append(mark("text", { x: p.px + (end ? 4 : -4), y, class: `tag ${end ? "end" : ""} ${p.flag}` }, this.width < 480 ? p.label.split(" ")[0] : p.label));
  }

  hover(event) {
    const box = this.host.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = -1, least = 26 ** 2;
    this.points.forEach((p, k) => {
      const distance = (p.px - x) ** 2 + (p.py - y) ** 2 - (p.kind === "plain" ? 0 : 30);
      if (distance < least) { least = distance; best = k; }
    });
    this.show(best);
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined && this.points.length) {
      event.preventDefault();
      this.show(Math.min(this.points.length - 1, Math.max(0, this.at + step)));
    } else if ((event.key === "Enter" || event.key === " ") && this.at >= 0) {
      event.preventDefault();
      openDetail(this.points[this.at].i);
    }
  }

  show(k) {
    this.at = k;
    this.host.classList.toggle("over", k >= 0);
    this.tip.hidden = k < 0;
    this.ring.setAttribute("visibility", k < 0 ? "hidden" : "visible");
    if (k < 0) return;
    const p = this.points[k];
    this.ring.setAttribute("cx", p.px);
    this.ring.setAttribute("cy", p.py);
    this.tip.replaceChildren(...this.spec.tip(p));
    const left = Math.min(Math.max(8, p.px - this.tip.offsetWidth / 2), this.width - this.tip.offsetWidth - 8);
    const above = p.py - this.tip.offsetHeight - 14;
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${above < 0 ? p.py + 16 : above}px`;
  }
}

const AXES = {
  number: { name: "search evaluations", format: (v) => number(v), column: "number" },
  elapsed: { name: "time", format: duration, ticks: timeTicks, column: "elapsed" },
  usd: { name: "US dollars spent", format: money, column: "usd" },
  tokens: { name: "model tokens", format: (v) => (v >= 1e3 && v < 1e6 ? `${number(v / 1e3, 3)} k` : tickText(v)), column: "tokens" },
};
const AXIS_ORDER = ["number", "elapsed", "usd", "tokens"];

function tooltip(i) {
  const rows = OBJECTIVES.map((o, k) => build("div", { text: `${o.name}: ${scoreText(k, i)} ${o.unit}`.trim() }));
  const where = COLUMNS.number[i] === 0 ? "the seed" : `evaluation ${number(COLUMNS.number[i])}`;
  const rejected = REJECTED.has(COLUMNS.id[i]) ? build("div", { text: "did not hold up on fresh inputs" }) : "";
  return [build("strong", { text: COLUMNS.id[i] }), ` ${STRINGS[COLUMNS.operator[i]]}, ${where}`, ...rows, rejected];
}

// Rows with a score, in order of arrival, with the best score so far.
function arrivals(objective) {
  const rows = COLUMNS.id.map((_, i) => i).filter((i) => COLUMNS.number[i] !== null);
  rows.sort((a, b) => COLUMNS.number[a] - COLUMNS.number[b]);
  let best = null;
  const scored = rows.filter((i) => value(objective, i) !== null).map((i) => {
    const v = value(objective, i);
    const isRecord = best === null || isBetter(objective, v, best);
    if (isRecord) best = v;
    return { i, v, best, isRecord };
  });
  return { scored, failed: rows.filter((i) => value(objective, i) === null) };
}

// Makes room for a level that is not far beyond the range.
function widen(range, at) {
  if (range.log) {
    const wide = range.high / range.low;
    if (at > 0 && at < range.low && range.low / at < wide ** 0.8) range.low = at / wide ** 0.05;
    if (at > range.high && at / range.high < wide ** 0.8) range.high = at * wide ** 0.05;
    return;
  }
  const wide = range.high - range.low;
  if (at < range.low && range.low - at < wide * 0.8) range.low = at - wide * 0.05;
  if (at > range.high && at - range.high < wide * 0.8) range.high = at + wide * 0.05;
}

const isOutside = (range, v) => v < range.low || v > range.high;

function progressSpec(choice) {
  const { axis, objective, all } = choice;
  const column = COLUMNS[AXES[axis].column];
  const { scored, failed } = arrivals(objective);
  const goal = OBJECTIVES[objective];
  const seed = scored.find((s) => COLUMNS.number[s.i] === 0);
  const last = scored[scored.length - 1];
  const base = objective === 0 ? DATA.baseline : null;
  const baseX = AXIS_ORDER.indexOf(axis);
  const basePoints = base ? base.line.filter((p) => p[baseX] !== null).map((p) => [p[baseX], p[4]]) : [];
  if (basePoints.length && axis === "number") basePoints.push([base.end, basePoints[basePoints.length - 1][1]]);
  const end = Math.max(DATA.end[baseX] || 0, ...scored.map((s) => column[s.i] || 0), ...basePoints.map((p) => p[0]));
  const keep = [seed && seed.v, last.best, ...basePoints.map((p) => p[1])];
  const range = span(scored.map((s) => s.v), keep, all, goal.direction);
  const lines = [];
  if (seed) lines.push({ at: seed.v, kind: "seed", text: `seed ${number(seed.v, 5)}` });
  for (const [at, kind, text] of [[goal.bound, "bound", "proven bound"], [goal.best_known, "known", "best known"]]) {
    if (at === null) continue;
    widen(range, at);
    lines.push({ at, kind, text: `${text} ${number(at, 6)}` });
  }
  const points = scored.filter((s) => column[s.i] !== null).map((s) => {
    const chosen = COLUMNS.id[s.i] === DATA.leader && !REJECTED.has(DATA.leader);
    return {
      i: s.i, x: column[s.i], y: s.v, kind: s.isRecord && !REJECTED.has(COLUMNS.id[s.i]) ? "record" : "plain", isRejected: REJECTED.has(COLUMNS.id[s.i]),
      label: chosen ? `${DATA.winner ? "winner" : "best"} ${COLUMNS.id[s.i]}` : "", flag: "winner",
    };
  });
  const records = scored.filter((s) => s.isRecord && column[s.i] !== null).map((s) => [column[s.i], s.best]);
  records.push([end, last.best]);
  return {
    x: { ...AXES[axis], range: { low: 0, high: end * 1.01 || 1, log: false } },
    y: { range, name: `${withUnit(objective)}, ${goal.direction === "maximize" ? "higher" : "lower"} is better` },
    points, lines, rug: failed.map((i) => column[i]).filter((x) => x !== null),
    paths: [{ points: basePoints, kind: "baseline" }, { points: records, kind: "best" }],
    outside: scored.filter((s) => isOutside(range, s.v)).length,
    tip: (p) => tooltip(p.i), height: 440,
  };
}

function paretoSpec(choice) {
  const { first, second, all } = choice; // first is drawn upwards
  const rows = COLUMNS.id.map((_, i) => i).filter((i) => value(first, i) !== null && value(second, i) !== null);
  const front = rows.filter((i) => COLUMNS.frontier[i]);
  const keep = (k) => [...front.map((i) => value(k, i)), value(k, rows[0])];
  const sign = OBJECTIVES[second].direction === "maximize" ? -1 : 1;
  const stairs = front.map((i) => [value(second, i), value(first, i)]).sort((a, b) => sign * (a[0] - b[0]));
  const x = span(rows.map((i) => value(second, i)), keep(second), all, OBJECTIVES[second].direction);
  const y = span(rows.map((i) => value(first, i)), keep(first), all, OBJECTIVES[first].direction);
  const points = rows.map((i) => {
    const isSeed = COLUMNS.number[i] === 0, chosen = COLUMNS.id[i] === DATA.leader && !REJECTED.has(DATA.leader);
    return {
      i, x: value(second, i), y: value(first, i), kind: COLUMNS.frontier[i] && !REJECTED.has(COLUMNS.id[i]) ? "front" : "plain", isRejected: REJECTED.has(COLUMNS.id[i]),
      label: chosen ? (DATA.winner ? "winner" : "best") : isSeed ? "seed" : "", flag: chosen ? "winner" : "seed",
    };
  });
  const outside = points.filter((p) => isOutside(x, p.x) || isOutside(y, p.y)).length;
  const word = (k) => (OBJECTIVES[k].direction === "maximize" ? "higher" : "lower");
  return {
    x: { name: `${withUnit(second)}, ${word(second)} is better`, format: tickText, range: x },
    y: { name: `${withUnit(first)}, ${word(first)} is better`, range: y },
    // With two objectives the corners are exact; a projection of more has no stairs.
    points, lines: [], paths: OBJECTIVES.length === 2 ? [{ points: stairs, kind: "stairs" }] : [],
    outside, tip: (p) => tooltip(p.i), height: 400,
  };
}
