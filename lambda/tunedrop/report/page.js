"use strict";
// Draws the charts and tables from the JSON in #data, which is compressed. Text only ever enters by textContent,
// and Vega's expressions are interpreted, not evaluated: the page's policy allows no eval.
(async () => {
  const byId = (id) => document.getElementById(id);

  async function inflated(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  if (typeof DecompressionStream === "undefined") {
    for (const place of document.querySelectorAll(".chart")) {
      place.textContent = "This browser is too old to draw the chart (it has no DecompressionStream, as browsers have since 2023).";
    }
    document.documentElement.dataset.ready = "yes";
    return;
  }
  const { config, best, sign, log, jobs: packedJobs, charts } =
    JSON.parse(await inflated(byId("data").textContent));
  const FIRST_ROWS = 300; // more rows are made when asked for: ten thousand take seconds
  const views = new Map();
  const rowsOf = {};

  // --- data: rows travel without what the table of all training jobs says already (packing.py)

  const unpack = ({ columns, shared }, known) => {
    const named = Object.entries(columns);
    return (named[0]?.[1] ?? []).map((_, i) => {
      const row = Object.fromEntries(named.map(([name, values]) => [name, values[i]]));
      for (const name of shared) row[name] = known.get(row.number)[name];
      return row;
    });
  };
  const jobs = unpack(packedJobs).sort((a, b) => a.number - b.number);
  const jobsByNumber = new Map(jobs.map((job) => [job.number, job]));

  const isNumber = (value) => typeof value === "number";
  const missing = (value) => value === null || value === undefined || value === "";
  const text = (value) =>
    missing(value) ? "-" : isNumber(value) ? String(+value.toPrecision(6)) : String(value);

  function element(tag, content, attributes = {}) {
    const made = document.createElement(tag);
    if (content !== undefined) made.textContent = content;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // --- tables: sorted by their headings, filled as far as they are shown

  const compare = (a, b) =>
    isNumber(a) && isNumber(b) ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

  // columns: [[field, title, cell?], ...]; onRow(line, row) may add to a line
  function makeTable(table, rows, columns, { onRow } = {}) {
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
            made.append(cell ? cell(row) : text(row[field]));
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

  function tablesBehindCharts() {
    for (const details of document.querySelectorAll("details.behind")) {
      details.addEventListener("toggle", () => {
        if (details.querySelector("table")) return;
        const scroll = element("div", undefined, { class: "scroll tall", tabindex: "0" });
        const table = element("table");
        scroll.append(table);
        details.append(scroll);
        const state = makeTable(
          table, [...rowsOf[details.dataset.chart]], JSON.parse(details.dataset.columns));
        if (state.rows.length > state.limit) {
          const more = element("button", `Show all ${state.rows.length} rows`, { type: "button" });
          more.addEventListener("click", () => { state.limit = Infinity; state.draw(); more.remove(); });
          details.append(more);
        }
      });
    }
  }

  // --- selection: a set of training jobs' numbers, shown in every chart and in the table

  let selected = new Set();
  let afterSelection = () => {};

  function select(numbers) {
    selected = new Set(numbers);
    const picked = Object.fromEntries([...selected].map((number) => [number, true]));
    for (const view of views.values()) {
      if (!("picked" in view.getState().signals)) continue;
      view.signal("picked", picked).signal("picking", selected.size > 0).runAsync();
    }
    const status = byId("selected");
    if (status) {
      status.textContent = selected.size === 1 ? "1 training job selected."
        : selected.size ? `${selected.size} training jobs selected.` : "";
      byId("clear").hidden = !selected.size;
    }
    afterSelection();
  }

  const marksOf = (place) =>
    [...place.querySelectorAll("svg path")].filter(
      (path) => ["symbol", "rect"].includes(path.__data__?.mark?.marktype) && jobsByNumber.has(path.__data__.datum?.number));

  // A frame drawn with the mouse or a pen selects what is in it; a finger scrolls the page.
  function frames(place) {
    let start = null, frame = null;
    const at = (event) => {
      const box = place.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const bounds = (event) => {
      const [x, y] = at(event);
      return [Math.min(x, start[0]), Math.min(y, start[1]), Math.max(x, start[0]), Math.max(y, start[1])];
    };
    place.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") start = at(event);
    });
    place.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [left, top, right, bottom] = bounds(event);
      if (!frame && right - left < 5 && bottom - top < 5) return;
      if (!frame) {
        frame = element("div", undefined, { class: "frame" });
        place.append(frame);
        place.setPointerCapture(event.pointerId);
      }
      Object.assign(frame.style, {
        left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
      event.preventDefault();
    });
    const end = (event) => {
      if (frame && event.type === "pointerup") {
        const [left, top, right, bottom] = bounds(event);
        const box = place.getBoundingClientRect();
        select(marksOf(place).filter((mark) => {
          const own = mark.getBoundingClientRect();
          const x = (own.left + own.right) / 2 - box.left, y = (own.top + own.bottom) / 2 - box.top;
          return x >= left && x <= right && y >= top && y <= bottom;
        }).map((mark) => mark.__data__.datum.number));
        // the click which follows would select one mark, or none
        place.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
      }
      frame?.remove();
      start = frame = null;
    };
    place.addEventListener("pointerup", end);
    place.addEventListener("pointercancel", end);
  }

  // --- charts

  async function draw(id, spec) {
    const place = byId(id);
    for (const [name, packed] of Object.entries(spec.datasets ?? {})) {
      spec.datasets[name] = unpack(packed, jobsByNumber);
    }
    rowsOf[id] = ["rows", "parents"].flatMap((name) => spec.datasets[name] ?? []);
    const { view } = await vegaEmbed(place, spec, {
      actions: false, ast: true, config, renderer: "svg", tooltip: { theme: "custom" },
    });
    // vega-embed marks its element as a graphic of its own: the label is ours
    place.removeAttribute("title");
    views.set(id, view);
    if (!("picked" in view.getState().signals)) return;
    view.addEventListener("click", (_, item) => {
      const number = item?.datum?.number;
      select(jobsByNumber.has(number) ? [number] : []);
    });
    frames(place);
  }

  // --- the table of all training jobs

  function allTrainingJobs() {
    const table = byId("jobs");
    if (!table) return;
    const toggle = (number) => {
      const numbers = new Set(selected);
      if (!numbers.delete(number)) numbers.add(number);
      select(numbers);
    };
    const number = (row) => {
      const button = element("button", row.number, {
        type: "button", "aria-pressed": selected.has(row.number), "aria-label": `Select training job ${row.number}` });
      button.addEventListener("click", () => toggle(row.number));
      return button;
    };
    const logLink = (row) => !log || !/^[\w-]+$/.test(row.name) ? "" : Object.assign(element("a", "log"), {
      href: log.replace("NAME", row.name), target: "_blank", rel: "noopener noreferrer" });
    const columns = [["number", "#", number], ["estimator", "Estimator"], ["objective", "Objective"], ["status", "Status"],
      ["seconds", "Seconds"], ["billed", "Billed"], ["usd", "US$"], ["hyperparameters", "Hyperparameters"], ["name", "Name"]]
      .filter(([field]) => field !== "usd" || jobs.some((job) => !missing(job.usd)));
    const shownColumns = log ? [...columns, ["", "Log", logLink]] : columns;
    const state = makeTable(table, [...jobs], shownColumns, {
      onRow: (line, row) => {
        line.classList.toggle("best", row.number === best);
        line.classList.toggle("picked", selected.has(row.number));
      },
    });
    const filter = byId("filter"), status = byId("status"), only = byId("only"), all = byId("all");
    const haystack = new Map(jobs.map((job) =>
      [job.number, columns.map(([field]) => text(job[field])).join(" ").toLowerCase()]));
    state.update = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      state.shown = state.rows.filter((row) =>
        (!status.value || row.status === status.value) && (!only.checked || selected.has(row.number)) &&
        words.every((word) => haystack.get(row.number).includes(word)));
      state.draw();
      const shown = Math.min(state.shown.length, state.limit);
      byId("shown").textContent = shown < jobs.length ? `${shown} of ${jobs.length} rows` : "";
      all.hidden = state.shown.length <= state.limit;
    };
    filter.addEventListener("input", state.update);
    status.addEventListener("change", state.update);
    only.addEventListener("change", state.update);
    all.addEventListener("click", () => { state.limit = Infinity; state.update(); });
    afterSelection = () => {
      const focused = document.activeElement?.closest("#jobs tr")?.cells[0].textContent;
      state.update();
      if (focused) [...table.tBodies[0].rows].find((line) => line.cells[0].textContent === focused)
        ?.querySelector("button").focus();
    };
    byId("clear").addEventListener("click", () => select([]));
    state.asText = () => {
      // a spreadsheet runs what looks like a formula
      const safe = (value) => /^[=+\-@\t\r\n]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
      const cell = (value) => missing(value) ? "" : safe(String(value).replace(/[\t\r\n]+/g, " "));
      return [columns.map(([, title]) => title), ...state.shown.map((row) => columns.map(([field]) => cell(row[field])))]
        .map((cells) => cells.join("\t")).join("\n") + "\n";
    };
    state.update();
    return state;
  }

  // --- copying

  async function copy(content) {
    try {
      await navigator.clipboard.writeText(content);
    } catch {
      const area = element("textarea");
      area.value = content;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function copyButtons(table) {
    for (const button of document.querySelectorAll("button.copy")) {
      const words = button.textContent;
      button.addEventListener("click", async () => {
        await copy(button.dataset.copy === "jobs" ? table.asText() : button.nextElementSibling.textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = words; }, 1500);
      });
    }
  }

  (async () => {
    const table = allTrainingJobs();
    copyButtons(table);
    for (const [id, spec] of Object.entries(charts)) {
      try {
        await draw(id, spec);
      } catch (error) { // the other charts, and this one's table, are still worth having
        console.error(id, error);
        byId(id).textContent = "This chart cannot be drawn; its numbers are in the table.";
      }
    }
    tablesBehindCharts();
    document.documentElement.dataset.ready = "yes";
  })();
})();
