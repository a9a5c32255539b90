"use strict";

// the scheme: that of the system until the button is pressed
const root = document.documentElement;
const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.scheme ? root.dataset.scheme === "dark" : wantsDark.matches);
const button = document.getElementById("scheme");

function showScheme() {
  button.setAttribute("aria-pressed", String(isDark()));
  recolour();
}

button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.scheme = isDark() ? "light" : "dark";
  showScheme();
});
wantsDark.addEventListener("change", showScheme);

// charts: colours of ink and grid are those of the page
const charts = document.querySelectorAll(".chart");
const figures = JSON.parse(document.getElementById("figures").textContent);

function inks(layout, extra = {}) {
  const style = getComputedStyle(root);
  const ink = (name) => style.getPropertyValue(name).trim();
  const changes = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    "font.color": ink("--ink"),
    "font.family": getComputedStyle(document.body).fontFamily,
    "hoverlabel.font.family": getComputedStyle(document.body).fontFamily,
    ...extra,
  };
  for (const axis of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
    changes[`${axis}.gridcolor`] = ink("--rule");
    changes[`${axis}.linecolor`] = ink("--rule");
    changes[`${axis}.tickfont.color`] = ink("--soft");
    changes[`${axis}.title.font.color`] = ink("--soft");
  }
  return changes;
}

function recolour(extra) {
  if (!window.Plotly) return;
  for (const chart of charts) {
    if (chart.layout) Plotly.relayout(chart, inks(chart.layout, extra));
  }
}

for (const chart of charts) {
  const { data, layout } = figures[chart.id];
  // numbers and broken labels of a heat map would run into each other on a phone
  const [first] = data;
  if (first.texttemplate && chart.clientWidth / first.x.length < 70) {
    first.texttemplate = "";
    first.x = first.x.map((label) => label.replaceAll("<br>", " "));
  }
  Plotly.newPlot(chart, data, layout, { displayModeBar: false, responsive: true });
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

// paper is light, shows what is folded, and is narrower than a screen
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const each of folded) each.open = true;
  recolour({ width: 660, "font.color": "#000000" });
});
addEventListener("afterprint", () => {
  for (const each of folded) each.open = false;
  recolour({ width: null });
});
