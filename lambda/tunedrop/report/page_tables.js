// Small things that every part of the page's script uses, and tables that sort. The parts share one block
// (page.py). Text only ever enters by textContent.

const byId = (id) => document.getElementById(id);
const isNumber = (value) => typeof value === "number";
const missing = (value) => value === null || value === undefined || value === "";
const text = (value) =>
  missing(value) ? "-" : isNumber(value) ? String(+value.toPrecision(6)) : String(value);
// As people read numbers: whole ones in full, others with six digits; 25,230, as the page's sentences have it.
const shown = (value) => {
  const size = Math.abs(value);
  if (!isNumber(value) || size < 1000 || size >= 1e15) return text(value);
  const digits = Number.isInteger(value) ? 0 : Math.max(0, 5 - Math.floor(Math.log10(size)));
  return value.toLocaleString("en", { maximumFractionDigits: digits });
};

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  if (content !== undefined) made.textContent = content;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const FIRST_ROWS = 300; // more rows are made when asked for: ten thousand take seconds

const compare = (a, b) =>
  isNumber(a) && isNumber(b) ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

// A table that its headings sort. columns: [[field, title, cell?], ...]; onRow(line, row) may add to a line; with
// `sign` -1 small objectives are the good ones.
function makeTable(table, rows, columns, { sign = 1, onRow } = {}) {
  const numeric = columns.map(([field]) => rows.some((row) => isNumber(row[field])));
  const state = { rows, shown: rows, limit: FIRST_ROWS, sorted: null };
  const body = element("tbody");
  const head = element("tr");
  state.draw = () => {
    body.replaceChildren(
      ...state.shown.slice(0, state.limit).map((row) => {
        const line = element("tr");
        columns.forEach(([field, , cell], i) => {
          const made = element("td", undefined, numeric[i] ? { class: "n" } : {});
          made.append(cell ? cell(row) : shown(row[field]));
          line.append(made);
        });
        if (onRow) onRow(line, row);
        return line;
      }));
  };
  columns.forEach(([field, title], i) => {
    const cell = element("th", undefined, { scope: "col", ...(numeric[i] ? { class: "n" } : {}) });
    const button = element("button", title, { type: "button" });
    button.addEventListener("click", () => {
      // the objective's best come first, whichever way is better
      const first = field === "objective" ? -sign : 1;
      const direction = state.sorted?.field === field ? -state.sorted.direction : first;
      state.sorted = { field, direction };
      state.rows.sort((a, b) =>
        missing(a[field]) - missing(b[field]) || direction * compare(a[field], b[field]));
      for (const other of head.children) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", direction < 0 ? "descending" : "ascending");
      state.update();
    });
    cell.append(button);
    head.append(cell);
  });
  state.update = () => { state.shown = state.rows; state.draw(); };
  const top = element("thead");
  top.append(head);
  table.replaceChildren(top, body);
  state.draw();
  return state;
}
