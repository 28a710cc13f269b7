// One candidate in a dialog: scores, texts, and its change against parent and seed.

const dialog = document.getElementById("detail");
let invoker = null;

function diffTable(text) {
  const table = build("table", { class: "diff" });
  const body = table.appendChild(build("tbody"));
  let oldLine = 0, newLine = 0, oldLeft = 0, newLeft = 0;
  const row = (kind, a, b, content) => body.append(build("tr", { class: kind },
    build("td", { class: "no", text: a }), build("td", { class: "no", text: b }), build("td", { class: "code", text: content })));
  for (const line of text.split("\n")) {
    const sign = line[0];
    if (sign === "\\") row("note", "", "", line.slice(1).trim());
    else if (oldLeft <= 0 && newLeft <= 0) {
      const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@/.exec(line);
      if (hunk) [oldLine, oldLeft, newLine, newLeft] = hunk.slice(1).map(Number);
      row(hunk ? "hunk" : "file", "", "", line);
    } else {
      row({ "+": "add", "-": "del" }[sign] || "same", sign === "+" ? "" : oldLine, sign === "-" ? "" : newLine, line.slice(1));
      if (sign !== "+") { oldLine += 1; oldLeft -= 1; }
      if (sign !== "-") { newLine += 1; newLeft -= 1; }
    }
  }
  return build("div", { class: "scroll" }, table);
}

function programView(files) {
  const box = build("div");
  for (const [path, text] of Object.entries(files)) {
    box.append(build("h4", { class: "path", text: path }), build("pre", { class: "program", tabindex: "0", text }));
  }
  return box;
}

function tabs(entries) {
  const panel = build("div", { class: "panel", role: "tabpanel" });
  const buttons = entries.map(([name, make]) => build("button", { type: "button", role: "tab", text: name, onclick: () => choose(name) }));
  function choose(name) {
    buttons.forEach((b) => b.setAttribute("aria-selected", String(b.textContent === name)));
    panel.replaceChildren(entries.find((entry) => entry[0] === name)[1]());
  }
  if (entries.length) choose(entries[0][0]);
  return build("div", {}, build("div", { class: "segments", role: "tablist" }, ...buttons), panel);
}

function scoreTable(i, detail) {
  const fresh = detail && detail.fresh && Object.keys(detail.fresh).length ? detail.fresh : null;
  const head = build("tr", {}, build("th", { text: "objective" }), build("th", { class: "num", text: "in the search" }), fresh && build("th", { class: "num", text: "on fresh inputs" }));
  const rows = OBJECTIVES.map((o, k) => build("tr", {}, build("td", { text: withUnit(k) }), build("td", { class: "num", text: scoreText(k, i) }),
    fresh && build("td", { class: "num", text: fresh[o.name] ? `${number(fresh[o.name][0])} [${number(fresh[o.name][1], 5)}, ${number(fresh[o.name][2], 5)}]` : "–" })));
  return build("table", { class: "data" }, build("thead", {}, head), build("tbody", {}, ...rows));
}

function idButton(i) {
  return build("button", { type: "button", class: "link", text: COLUMNS.id[i], onclick: () => openDetail(i) });
}

function detailBody(i) {
  const id = COLUMNS.id[i];
  const detail = DATA.details[id];
  const parents = COLUMNS.parents[i];
  const children = COLUMNS.parents.map((p, k) => (p.includes(i) ? k : -1)).filter((k) => k >= 0);
  const facts = build("p", { class: "muted" }, `Made by ${STRINGS[COLUMNS.operator[i]]}`);
  if (detail && detail.proposer && detail.proposer !== "seed") facts.append(` (${detail.proposer})`);
  if (parents.length) facts.append(" from ", ...parents.flatMap((p) => [idButton(p), " "]));
  if (children.length) facts.append(` · ${children.length} children: `, ...children.slice(0, 8).flatMap((k) => [idButton(k), " "]), children.length > 8 ? "…" : "");
  const body = [facts];
  if (value(0, i) !== null) body.push(scoreTable(i, detail));
  if (!detail) {
    const text = STRINGS[COLUMNS.feedback[i]];
    if (text) body.push(build("h3", { text: "Feedback, first line" }), build("pre", { class: "text", text }));
    body.push(build("p", { class: "muted", text: "Its program and diffs were left out to keep this file small. evolve runs export RUN --jsonl has everything." }));
    return body;
  }
  if (detail.fresh_status && detail.fresh_status !== "ok") body.push(build("p", { class: "bad", text: `On fresh inputs: ${detail.fresh_status}` }));
  if (detail.rationale) body.push(build("h3", { text: "Rationale of the proposer" }), build("pre", { class: "text", text: detail.rationale }));
  if (detail.feedback) body.push(build("h3", { text: "Feedback of the evaluation" }), build("pre", { class: "text", text: detail.feedback }));
  const entries = [];
  const same = detail.seed_diff === null;
  if (detail.parent_diff) entries.push([same ? "Change against the seed" : `Change against its parent`, () => diffTable(detail.parent_diff)]);
  if (!same && detail.seed_diff) entries.push(["Change against the seed", () => diffTable(detail.seed_diff)]);
  entries.push(["Program", () => programView(DATA.programs[detail.program])]);
  body.push(tabs(entries));
  return body;
}

function openDetail(i) {
  const id = COLUMNS.id[i];
  const state = status(i);
  dialog.querySelector("h2").textContent = id;
  const pill = dialog.querySelector(".pill");
  pill.textContent = state.replaceAll("_", " ");
  pill.className = `pill ${state === "ok" ? "good" : state === "suspect" ? "warn" : "bad"}`;
  dialog.querySelector(".roles").textContent = [
    id === DATA.winner ? "certified winner" : "", REJECTED.has(id) ? "did not hold up on fresh inputs" : "", COLUMNS.frontier[i] ? "on the frontier" : "", COLUMNS.number[i] === 0 ? "seed" : "",
  ].filter(Boolean).join(" · ");
  const body = dialog.querySelector(".body");
  body.replaceChildren(...detailBody(i));
  body.scrollTop = 0;
  if (!dialog.open) {
    invoker = document.activeElement;
    dialog.showModal();
  }
}

dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { if (invoker) invoker.focus(); });
