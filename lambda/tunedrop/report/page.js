"use strict";
// Draws the charts and tables from the JSON in #data. Text only ever enters by textContent, and Vega's
// expressions are interpreted, not evaluated: the page's policy allows no eval.
(() => {
  const { config, best, jobs: packedJobs, charts } = JSON.parse(document.getElementById("data").textContent);
  const views = [];
  const rowsOf = {};

  // Rows travel without what the table of all training jobs says already: see packing.py.
  const unpack = ({ columns, shared, rows }, known) =>
    rows.map((values) => {
      const row = Object.fromEntries(columns.map((column, i) => [column, values[i]]));
      for (const name of shared) row[name] = known.get(row.number)[name];
      return row;
    });
  const jobs = unpack(packedJobs);
  const jobsByNumber = new Map(jobs.map((job) => [job.number, job]));

  const isNumber = (value) => typeof value === "number";
  const text = (value) =>
    value === null || value === undefined ? "–" : isNumber(value) ? String(+value.toPrecision(6)) : String(value);

  function element(tag, content, attributes = {}) {
    const made = document.createElement(tag);
    if (content !== undefined) made.textContent = content;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function compare(a, b) {
    if (a === null || b === null) return (a === null) - (b === null);
    return isNumber(a) && isNumber(b) ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  }

  // columns: [[field, title], ...]
  function fill(table, rows, columns, { onRow } = {}) {
    const numeric = columns.map(([field]) => rows.some((row) => isNumber(row[field])));
    const body = element("tbody");
    const head = element("tr");
    let sorted = null;
    const draw = (shown) =>
      body.replaceChildren(
        ...shown.map((row) => {
          const line = element("tr");
          columns.forEach(([field], i) =>
            line.append(element("td", text(row[field]), numeric[i] ? { class: "n" } : {})));
          if (row.number === best) line.classList.add("best");
          if (onRow) onRow(line, row);
          return line;
        }));
    columns.forEach(([field, title], i) => {
      const cell = element("th", undefined, { scope: "col", ...(numeric[i] ? { class: "n" } : {}) });
      const button = element("button", title, { type: "button" });
      button.addEventListener("click", () => {
        const descending = sorted === field + "+" || (sorted !== field + "-" && field === "objective");
        sorted = field + (descending ? "-" : "+");
        rows.sort((a, b) => {
          const missing = (a[field] === null) - (b[field] === null);
          return missing || (descending ? -1 : 1) * compare(a[field], b[field]);
        });
        for (const other of head.children) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
        draw(rows);
      });
      cell.append(button);
      head.append(cell);
    });
    const top = element("thead");
    top.append(head);
    table.replaceChildren(top, body);
    draw(rows);
    return draw;
  }

  function pick(number) {
    for (const view of views) {
      try {
        view.signal("picking", number > 0).signal("picked", { [number]: true }).runAsync();
      } catch { /* a chart without training jobs */ }
    }
    for (const line of document.querySelectorAll("tr[data-number]")) {
      line.classList.toggle("picked", line.dataset.number === String(number));
    }
  }

  async function draw(id, spec) {
    const target = document.getElementById(id);
    for (const [name, packed] of Object.entries(spec.datasets ?? {})) {
      spec.datasets[name] = unpack(packed, jobsByNumber);
    }
    const datasets = Object.values(spec.datasets ?? {});
    rowsOf[id] = datasets.reduce((most, rows) => (rows.length > most.length ? rows : most), []);
    const { view } = await vegaEmbed(target, spec, {
      actions: false, ast: true, config, renderer: "svg", tooltip: { theme: "custom" },
    });
    // vega-embed marks its element as a graphic of its own: the label is ours
    target.removeAttribute("title");
    views.push(view);
    view.addEventListener("click", (_, item) => {
      const number = item?.datum?.number;
      pick(isNumber(number) ? number : 0);
    });
  }

  function tablesBehindCharts() {
    for (const details of document.querySelectorAll("details.behind")) {
      if (details.dataset.columns === "[]") { details.remove(); continue; }
      details.addEventListener("toggle", () => {
        if (details.querySelector("table")) return;
        const columns = JSON.parse(details.dataset.columns);
        const scroll = element("div", undefined, { class: "scroll tall", tabindex: "0" });
        const table = element("table");
        scroll.append(table);
        details.append(scroll);
        fill(table, [...rowsOf[details.dataset.chart]], columns);
      });
    }
  }

  function allTrainingJobs() {
    const table = document.getElementById("jobs");
    if (!table) return;
    const rows = [...rowsOf["chart-time"]].sort((a, b) => a.number - b.number);
    const columns = [["number", "#"], ["estimator", "Estimator"], ["objective", "Objective"], ["status", "Status"],
      ["seconds", "Seconds"], ["hyperparameters", "Hyperparameters"], ["name", "Name"]];
    fill(table, rows, columns, {
      onRow: (line, row) => {
        line.dataset.number = row.number;
        line.addEventListener("click", () => pick(row.number));
      },
    });
    const filter = document.getElementById("filter");
    const shown = document.getElementById("shown");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const line of table.tBodies[0].rows) {
        const content = line.textContent.toLowerCase();
        line.hidden = !words.every((word) => content.includes(word));
        count += !line.hidden;
      }
      shown.textContent = words.length ? `${count} of ${rows.length}` : "";
    });
  }

  (async () => {
    for (const [id, spec] of Object.entries(charts)) await draw(id, spec);
    tablesBehindCharts();
    allTrainingJobs();
    document.documentElement.dataset.ready = "yes";
  })();
})();
