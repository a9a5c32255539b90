"use strict";

// the scheme: that of the system until the button is pressed
const root = document.documentElement;
const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.scheme ? root.dataset.scheme === "dark" : wantsDark.matches);
const button = document.getElementById("scheme");

function showScheme() {
  button.setAttribute("aria-pressed", String(isDark()));
  draw(isDark());
}

button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.scheme = isDark() ? "light" : "dark";
  showScheme();
});
wantsDark.addEventListener("change", showScheme);

// charts: drawn anew for another scheme, and for paper
const charts = document.querySelectorAll(".chart");
const { themes, charts: specs } = JSON.parse(document.getElementById("figures").textContent);

// on a narrow screen panels stand below each other
const stacked = ({ vconcat, ...spec }) =>
  ({ ...spec, vconcat: vconcat.map((row) => ({ ...row, columns: 1 })) });

function draw(dark) {
  if (!window.vegaEmbed) return;
  const config = { ...themes[dark ? "dark" : "light"], background: "transparent" };
  config.font = getComputedStyle(document.body).fontFamily;
  for (const chart of charts) {
    const spec = specs[chart.id];
    const narrow = spec.vconcat && chart.clientWidth < 600;
    // ast: expressions are interpreted, since the policy of this page compiles none
    const options = { actions: false, ast: true, renderer: "svg", config };
    window.vegaEmbed(chart, narrow ? stacked(spec) : spec, options);
  }
}

for (const chart of charts) {
  const rows = specs[chart.id].vconcat || [];
  chart.parentNode.classList.toggle("wide", rows.some((row) => row.columns > 1));
}
showScheme();

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
const filters = document.getElementById("filters");

function wordsOf(table) {
  const headings = [...table.tHead.rows[0].cells].map(plain);
  const regime = plain(table.caption).replace(/^Results, regime /, "");
  return [...table.tBodies[0].rows].map((row) => {
    const words = { regime, row, table };
    // " !" marks a row of other than the real data
    headings.forEach((heading, i) => { words[heading] = plain(row.cells[i]).replace(/ !$/, ""); });
    return words;
  });
}

function prepareFilters() {
  const tables = [...filters.parentNode.querySelectorAll(".sortable")];
  const every = tables.flatMap(wordsOf);
  const selects = [...filters.querySelectorAll("select")];
  for (const select of selects) {
    for (const word of new Set(every.map((words) => words[select.name]))) {
      select.add(new Option(word, word));
    }
  }
  const show = () => {
    const fits = (words) => selects.every((s) => !s.value || words[s.name] === s.value);
    let seen = 0;
    for (const words of every) {
      words.row.hidden = !fits(words);
      seen += !words.row.hidden;
    }
    for (const table of tables) {
      table.closest(".wide").hidden = [...table.tBodies[0].rows].every((row) => row.hidden);
    }
    document.getElementById("count").textContent = `${seen} of ${every.length} rows`;
  };
  filters.addEventListener("change", show);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  show();
}

if (filters) prepareFilters();

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
