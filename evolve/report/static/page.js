// Wires the page: charts with their switches, table, theme, copy buttons.

function segments(host, entries, current, choose) {
  const buttons = entries.map(([key, name]) => build("button", { type: "button", text: name, "aria-pressed": String(key === current), onclick: () => {
    buttons.forEach((b, k) => b.setAttribute("aria-pressed", String(entries[k][0] === key)));
    choose(key);
  } }));
  host.append(build("div", { class: "segments" }, ...buttons));
}

function chooser(host, label, current, choose, skip) {
  const options = OBJECTIVES.map((o, k) => build("option", { value: k, text: o.name, selected: k === current ? "" : false })).filter((_, k) => k !== skip);
  host.append(build("label", {}, `${label} `, build("select", { onchange: (e) => choose(Number(e.target.value)) }, ...options)));
}

function figure(id, makeSpec, choice, tools) {
  const host = document.getElementById(id);
  if (!host) return;
  const bar = document.getElementById(`${id}-tools`);
  const note = document.getElementById(`${id}-note`);
  const chart = new Chart(host, () => {
    const spec = makeSpec(choice);
    const many = spec.outside === 1 ? "1 point outside the range is" : `${number(spec.outside)} points outside the range are`;
    note.textContent = spec.outside ? `${many} drawn at the edge.` : "";
    return spec;
  });
  const change = (key) => (picked) => { choice[key] = picked; chart.draw(); };
  tools(bar, change);
  if (makeSpec({ ...choice, all: false }).outside) segments(bar, [[false, "Focus"], [true, "Everything"]], false, change("all"));
}

function hasAxis(axis) {
  const end = DATA.end[AXIS_ORDER.indexOf(axis)];
  return axis === "number" || (end !== null && end > 0);
}

figure("chart-progress", progressSpec, { axis: "number", objective: 0, all: false }, (bar, change) => {
  if (OBJECTIVES.length > 1) chooser(bar, "Score", 0, change("objective"));
  const names = { number: "Evaluations", elapsed: "Time", usd: "Dollars", tokens: "Tokens" };
  const axes = AXIS_ORDER.filter(hasAxis);
  if (axes.length > 1) segments(bar, axes.map((a) => [a, names[a]]), "number", change("axis"));
});

figure("chart-pareto", paretoSpec, { first: 0, second: 1, all: false }, (bar, change) => {
  if (OBJECTIVES.length > 2) {
    chooser(bar, "Upwards", 0, change("first"));
    chooser(bar, "Sideways", 1, change("second"));
  }
});

const tableHost = document.getElementById("candidates-table");
if (tableHost) new CandidateTable(tableHost);

document.querySelectorAll("[data-candidate]").forEach((node) => {
  const i = BY_ID.get(node.dataset.candidate);
  if (i === undefined) return;
  const button = idButton(i);
  node.replaceWith(button);
});

document.querySelectorAll("[data-copy]").forEach((code) => {
  const button = build("button", { type: "button", class: "copy", text: "Copy", onclick: async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch (error) {
      // Pages opened from a file may have no clipboard; selecting the text is the next best thing.
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  } });
  code.after(button);
});

const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

document.documentElement.classList.add("ready");
