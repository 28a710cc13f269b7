// All candidates: sortable, filtered, one page at a time.

const PAGE = 25;

// Scores of one column with equal decimals, so that they can be compared at a glance.
function fixed(objective) {
  const scores = COLUMNS.id.map((_, i) => value(objective, i)).filter((v) => v !== null).map(Math.abs).sort((a, b) => a - b);
  const typical = scores[Math.floor(scores.length / 2)] || 1;
  const decimals = scores.every(Number.isInteger) ? 0 : Math.max(0, 5 - Math.floor(Math.log10(typical)) - 1);
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: Math.min(decimals, 12), maximumFractionDigits: Math.min(decimals, 12) });
  return (i) => (value(objective, i) === null ? "–" : format.format(value(objective, i)).replace("-", "−"));
}

class CandidateTable {
  constructor(host) {
    this.host = host;
    this.sort = OBJECTIVES.length ? { column: "score0", down: OBJECTIVES[0].direction === "maximize" } : { column: "number", down: false };
    this.page = 0;
    this.words = "";
    this.status = "";
    this.columns = [
      { key: "id", name: "candidate", get: (i) => COLUMNS.id[i] },
      { key: "number", name: "evaluation", num: true, get: (i) => COLUMNS.number[i] },
      { key: "status", name: "status", get: status },
      ...OBJECTIVES.map((o, k) => ({ key: `score${k}`, name: withUnit(k), num: true, get: (i) => value(k, i), show: fixed(k) })),
      { key: "parent", name: "parent", get: (i) => (COLUMNS.parents[i].length ? COLUMNS.id[COLUMNS.parents[i][0]] : "") },
      { key: "operator", name: "made by", get: (i) => STRINGS[COLUMNS.operator[i]] },
      { key: "feedback", name: "feedback", wide: true, get: (i) => STRINGS[COLUMNS.feedback[i]] },
    ];
    this.frame();
    this.draw();
  }

  frame() {
    const states = [...new Set(COLUMNS.id.map((_, i) => status(i)))].sort();
    const choose = build("select", { "aria-label": "Status", onchange: (e) => { this.status = e.target.value; this.page = 0; this.draw(); } },
      build("option", { value: "", text: "every status" }), build("option", { value: "frontier", text: "on the frontier" }),
      ...states.map((s) => build("option", { value: `=${s}`, text: s.replaceAll("_", " ") })));
    const find = build("input", { type: "search", placeholder: "Find id, move or feedback", "aria-label": "Find in candidates", oninput: (e) => { this.words = e.target.value.toLowerCase(); this.page = 0; this.draw(); } });
    this.count = build("span", { class: "muted", role: "status" });
    this.heads = this.columns.map((c) => build("th", { scope: "col", class: c.num ? "num" : "" },
      build("button", { type: "button", text: c.name, onclick: () => this.by(c.key) })));
    this.body = build("tbody");
    this.back = build("button", { type: "button", text: "← Previous", onclick: () => { this.page -= 1; this.draw(); } });
    this.next = build("button", { type: "button", text: "Next →", onclick: () => { this.page += 1; this.draw(); } });
    this.where = build("span", { class: "muted" });
    this.host.replaceChildren(
      build("div", { class: "tools" }, find, choose, this.count),
      build("div", { class: "scroll" }, build("table", { class: "data candidates" }, build("thead", {}, build("tr", {}, ...this.heads)), this.body)),
      build("div", { class: "tools pager" }, this.back, this.where, this.next));
  }

  by(key) {
    const k = /^score(\d+)$/.exec(key);
    const first = k ? OBJECTIVES[Number(k[1])].direction === "maximize" : false;
    this.sort = { column: key, down: this.sort.column === key ? !this.sort.down : first };
    this.page = 0;
    this.draw();
  }

  rows() {
    const column = this.columns.find((c) => c.key === this.sort.column);
    let rows = COLUMNS.id.map((_, i) => i);
    if (this.status === "frontier") rows = rows.filter((i) => COLUMNS.frontier[i]);
    else if (this.status) rows = rows.filter((i) => status(i) === this.status.slice(1));
    if (this.words) rows = rows.filter((i) => [COLUMNS.id[i], STRINGS[COLUMNS.operator[i]], STRINGS[COLUMNS.feedback[i]]].some((t) => t.toLowerCase().includes(this.words)));
    const turn = this.sort.down ? -1 : 1;
    // Rows without a value stay last whichever way the column is sorted.
    return rows.map((i) => [column.get(i), i]).sort(([a, i], [b, j]) => {
      if (a === null || b === null) return (a === null) - (b === null) || i - j;
      return a < b ? -turn : a > b ? turn : i - j;
    }).map((pair) => pair[1]);
  }

  draw() {
    const rows = this.rows();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    this.page = Math.min(Math.max(0, this.page), pages - 1);
    this.heads.forEach((th, k) => th.setAttribute("aria-sort", this.columns[k].key !== this.sort.column ? "none" : this.sort.down ? "descending" : "ascending"));
    this.body.replaceChildren(...rows.slice(this.page * PAGE, (this.page + 1) * PAGE).map((i) => this.row(i)));
    this.count.textContent = `${number(rows.length)} of ${number(COLUMNS.id.length)} candidates`;
    this.where.textContent = `page ${this.page + 1} of ${pages}`;
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
  }

  row(i) {
    const cells = this.columns.map((c) => {
      if (c.key === "id") return build("td", {}, idButton(i), COLUMNS.id[i] === DATA.winner ? build("span", { class: "star", title: "certified winner", text: " ★" }) : REJECTED.has(COLUMNS.id[i]) ? build("span", { class: "bad", title: "did not hold up on fresh inputs", text: " ✕" }) : null);
      if (c.key === "status") return build("td", {}, build("span", { class: `state ${status(i) === "ok" ? "good" : status(i) === "suspect" ? "warn" : "bad"}`, text: status(i).replaceAll("_", " ") }));
      return build("td", { class: c.num ? "num" : c.wide ? "wide" : "", text: c.show ? c.show(i) : c.num ? number(c.get(i)) : c.get(i) });
    });
    return build("tr", { class: COLUMNS.frontier[i] ? "front" : "", onclick: (e) => { if (!e.target.closest("button")) openDetail(i); } }, ...cells);
  }
}
