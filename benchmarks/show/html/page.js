"use strict";

// the scheme: that of the system until the button is pressed
const root = document.documentElement;
const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.scheme ? root.dataset.scheme === "dark" : wantsDark.matches);
const button = document.getElementById("scheme");

function showScheme() {
  button.setAttribute("aria-pressed", String(isDark()));
  return draw(isDark());
}

button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.scheme = isDark() ? "light" : "dark";
  showScheme();
});
wantsDark.addEventListener("change", showScheme);

// what is chosen: one word of each filter, and what curves stand over
const filters = document.getElementById("filters");
const choices = filters ? [...filters.querySelectorAll("select")] : [];
const clock = choices.find((select) => select.name === "over");
const asked = choices.filter((select) => select !== clock);
const has = (word, wanted) => word === undefined || [word].flat().includes(wanted);
const fits = (words) => asked.every((s) => !s.value || has(words[s.name], s.value));

// charts: drawn anew for another scheme and another choice
const charts = document.querySelectorAll(".chart");
const figures = document.getElementById("figures").textContent;
const { themes, charts: specs, arms, runs } = JSON.parse(figures);
const isRows = (key, value) => key === "values" && typeof value?.[0] === "object";
const changed = (spec, change) => JSON.parse(JSON.stringify(spec), change);

function factsOf(id, row) {
  const { problem, regime } = row; // what a mark says itself is surer than what its name says
  const known = ["", row.name, row.row, row.bar].map((key) => arms[id][key]);
  return Object.assign({}, ...known, problem && { problem }, regime && { regime });
}

// the marks that fit, and the words of scales that these still have; null without a mark
function fitting(spec, id) {
  const [gone, left, words] = [new Set(), new Set(), {}];
  const fewer = changed(spec, (key, value) => {
    if (!isRows(key, value)) return value;
    return value.filter((row) => {
      const named = row.name ?? row.row ?? row.bar;
      const stays = named === undefined || fits(factsOf(id, row));
      if (named !== undefined) (stays ? left : gone).add(named);
      for (const field in stays ? row : {}) (words[field] ??= new Set()).add(row[field]);
      return stays;
    });
  });
  if (gone.size && !left.size) return null;
  return changed(fewer, (key, value) => {
    const { type, field, scale } = value || {};
    if (type !== "nominal" || !words[field] || !scale?.domain) return value;
    const stays = (_, i) => words[field].has(scale.domain[i]);
    const range = scale.range && { range: scale.range.filter(stays) };
    return { ...value, scale: { ...scale, domain: scale.domain.filter(stays), ...range } };
  });
}

// an epoch stands where it ended; one without a clock does not stand there
function overSeconds(spec, id) {
  if (!Object.values(arms[id]).some((arm) => arm.seconds?.length)) return spec;
  const end = (row) => arms[id][row.name]?.seconds?.[row.epoch - 1];
  return changed(spec, (key, value) => {
    if (isRows(key, value)) {
      return value.map((row) => ({ ...row, seconds: end(row) })).filter((row) => row.seconds);
    }
    if (key === "x" && value?.field === "epoch")
      return { ...value, field: "seconds", title: "seconds of training", axis: {} };
    if (key === "tooltip")
      return [...value, { field: "seconds", type: "quantitative", format: ".4~g" }];
    return value;
  });
}

// on a narrow screen panels stand below each other
const stacked = ({ vconcat, ...spec }) =>
  ({ ...spec, vconcat: vconcat.map((row) => ({ ...row, columns: 1 })) });

// lines whose legend can be clicked can be moved and enlarged too, each panel by itself; the wheel
// alone and a finger scroll the page
const select = {
  type: "interval",
  translate: "[pointerdown[event.pointerType === 'mouse'], window:pointerup] > window:pointermove!",
  zoom: "wheel![event.ctrlKey || event.metaKey]",
};

function zoomed(spec) {
  const zooms = (spec.params?.[0].views || []).map((view, i) =>
    ({ name: `zoom${i}`, bind: "scales", select, views: [view] }));
  return zooms.length ? { ...spec, params: [...spec.params, ...zooms] } : spec;
}

async function drawChart(chart, config) {
  const known = arms[chart.id];
  let spec = specs[chart.id];
  if (known && clock?.value) spec = overSeconds(spec, chart.id);
  if (known) spec = fitting(spec, chart.id);
  chart.parentNode.hidden = !spec;
  if (!spec) return;
  if (spec.vconcat && chart.clientWidth < 600) spec = stacked(spec);
  // ast: expressions are interpreted, since the policy of this page compiles none
  const options = { actions: false, ast: true, renderer: "svg", config };
  chart.drawn?.finalize();
  chart.drawn = await window.vegaEmbed(chart, zoomed(spec), options);
  chart.drawn.view.addEventListener("click", (event, mark) => {
    const { down } = chart;
    const moved = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
    if (known && mark?.datum && moved < 4) showRunsOf(factsOf(chart.id, mark.datum));
  });
}

async function draw(dark) {
  if (!window.vegaEmbed) return;
  const config = { ...themes[dark ? "dark" : "light"], background: "transparent" };
  config.font = getComputedStyle(document.body).fontFamily;
  await Promise.all([...charts].map((chart) => drawChart(chart, config)));
}

for (const chart of charts) {
  const rows = specs[chart.id].vconcat || [];
  chart.parentNode.classList.toggle("wide", rows.some((row) => row.columns > 1));
  chart.addEventListener("pointerdown", (event) => { chart.down = event; });
}

// sorting: by the first number of a cell where each has one, else by its text; "-" comes last
const plain = (cell) => cell.textContent.trim();
const numeric = (text) => {
  const found = text.replaceAll(",", "").match(/-?\d+(\.\d+)?(e[+-]?\d+)?/i);
  return found ? Number(found[0]) : NaN;
};

function compare(column, sign, byNumber) {
  return (a, b) => {
    const [x, y] = [plain(a.cells[column]), plain(b.cells[column])];
    const [emptyX, emptyY] = [x === "-" || x === "", y === "-" || y === ""];
    if (emptyX || emptyY) return emptyX - emptyY;
    return sign * (byNumber ? numeric(x) - numeric(y) : x.localeCompare(y));
  };
}

function sortBy(heading) {
  const body = heading.closest("table").tBodies[0];
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.cells) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const byNumber = !heading.classList.contains("text") || heading.textContent.startsWith("test");
  body.append(...[...body.rows].sort(compare(heading.cellIndex, ascending ? 1 : -1, byNumber)));
}

for (const heading of document.querySelectorAll(".sortable th")) {
  heading.firstElementChild.addEventListener("click", () => sortBy(heading));
}

// filtering: a table is a regime, the other three are columns
const tables = [...document.querySelectorAll(".sortable")];
const rowsOfTables = tables.flatMap(wordsOf);

function wordsOf(table) {
  const headings = [...table.tHead.rows[0].cells].map(plain);
  const regime = plain(table.caption).replace(/^Results, regime /, "");
  const behind = runs[table.caption.id.replace(/-caption$/, "")] || [];
  return [...table.tBodies[0].rows].map((row, i) => {
    const words = { regime, row, table, each: behind[i] };
    // " !" marks a row of other than the real data
    headings.forEach((heading, i) => { words[heading] = plain(row.cells[i]).replace(/ !$/, ""); });
    return words;
  });
}

function showChosen() {
  for (const words of rowsOfTables) words.row.hidden = !fits(words);
  for (const table of tables) {
    table.closest(".wide").hidden = [...table.tBodies[0].rows].every((row) => row.hidden);
  }
  const seen = rowsOfTables.filter((words) => !words.row.hidden).length;
  document.getElementById("count").textContent = `${seen} of ${rowsOfTables.length} rows`;
  filters.classList.toggle("set", choices.some((select) => select.value));
  return showScheme();
}

// the address: a place of the page, and behind a question mark what is chosen
const address = () => location.hash.slice(1).split("?");

function keepAddress() {
  const words = choices.filter((s) => s.value).map((s) => [s.name, s.value]);
  const query = String(new URLSearchParams(words));
  const place = `#${address()[0]}${query && `?${query}`}`;
  if (location.hash || query) history.replaceState(null, "", place);
}

async function goToAddress() {
  const [place, query] = address();
  if (query === undefined) return keepAddress();
  const words = new URLSearchParams(query);
  for (const select of choices) {
    select.value = words.get(select.name) ?? "";
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }
  await showChosen();
  document.getElementById(place)?.scrollIntoView();
}

function prepareFilters() {
  for (const select of asked) {
    for (const word of new Set(rowsOfTables.map((words) => words[select.name]))) {
      select.add(new Option(word, word));
    }
  }
  const clocks = Object.values(arms).flatMap(Object.values);
  clock.parentNode.hidden = !clocks.some((arm) => arm.seconds?.length);
  filters.addEventListener("change", () => { showChosen(); keepAddress(); });
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  addEventListener("hashchange", goToAddress);
  if (address().length > 1) goToAddress();
  else showChosen();
}

// a click on a row, or on a mark of whole runs, shows each run behind it
const dialog = document.getElementById("runs");

function tableOf({ problem, framework, device, regime, each }) {
  const table = document.createElement("table");
  table.createCaption().textContent = `${problem}, ${framework}, ${device}, regime ${regime}`;
  each.forEach((cells, i) => {
    const row = table.insertRow();
    for (const text of cells) {
      row.append(Object.assign(document.createElement(i ? "td" : "th"), { textContent: text }));
    }
  });
  return table;
}

function showRuns(rows) {
  dialog.querySelector(".scroll").replaceChildren(...rows.map(tableOf));
  if (rows.length) dialog.showModal();
}

function showRunsOf(facts) {
  const names = asked.map((select) => select.name);
  if (!names.every((name) => facts[name])) return; // of another measurement
  showRuns(rowsOfTables.filter((words) => names.every((name) => has(facts[name], words[name]))));
}

for (const words of rowsOfTables.filter((own) => own.each)) {
  const heading = [...words.table.tHead.rows[0].cells].find((cell) => plain(cell) === "runs");
  const cell = words.row.cells[heading.cellIndex];
  const opener = Object.assign(document.createElement("button"), { type: "button" });
  opener.append(...cell.childNodes);
  cell.append(opener);
  words.row.addEventListener("click", () => String(getSelection()) || showRuns([words]));
}
dialog.querySelector("button").addEventListener("click", () => dialog.close());

if (filters) prepareFilters();
else showScheme();

// each table as a file; a text that a spreadsheet would take for a formula is quoted
const csvCell = (cell) => {
  const text = plain(cell);
  const safe = /^[=@\t]|^[+-](?![\d.])/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};
for (const table of document.querySelectorAll("table:not(.code, .trees)")) {
  const link = document.createElement("a");
  const lines = [...table.rows].map((row) => [...row.cells].map(csvCell).join(","));
  link.className = "csv";
  link.textContent = "CSV";
  link.download = `${plain(table.caption)}.csv`;
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(lines.join("\r\n"))}`;
  table.caption.append(link);
}
