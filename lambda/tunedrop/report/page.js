// Draws the charts and tables from the JSON in #data, by the script in #vega; both are compressed. Vega's expressions
// are interpreted, not evaluated: the page's policy allows no eval, and #vega only because it names its hash.

async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

async function addVega() {
  const script = document.createElement("script");
  script.textContent = await inflated(byId("vega").textContent);
  document.head.append(script);
}

async function main() {
  await addVega();
  const { config, best, sign, log, charts } = JSON.parse(await inflated(byId("data").textContent));
  const views = new Map();
  const jobs = [...charts["chart-time"]?.datasets.rows ?? []].sort((a, b) => a.number - b.number);
  const jobsByNumber = new Map(jobs.map((job) => [job.number, job]));

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
        : selected.size ? `${selected.size.toLocaleString("en")} training jobs selected.` : "";
      byId("clear").hidden = !selected.size;
    }
    afterSelection();
  }

  // --- charts, and the tables behind them

  async function draw(id, spec) {
    const place = byId(id);
    const { view } = await vegaEmbed(place, spec, {
      actions: false, ast: true, config, renderer: "svg", tooltip: { theme: "custom" },
    });
    // vega-embed marks its element as a graphic of its own: the label is ours
    place.removeAttribute("title");
    // what Vega says of its parts, thousands of them, is in the table behind the chart
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    views.set(id, view);
    if ("picked" in view.getState().signals) {
      makeSelectable(place, view, { jobsByNumber, selected: () => selected, select });
    }
  }

  async function drawOrSay(id, spec) {
    try {
      await draw(id, spec);
    } catch (error) { // the other charts, and this one's table, are still worth having
      console.error(id, error);
      byId(id).textContent = "This chart cannot be drawn; its numbers are in the table.";
    }
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
          table, [...charts[details.dataset.chart].datasets.rows], JSON.parse(details.dataset.columns), { sign });
        if (state.rows.length > state.limit) {
          const more = element("button", `Show all ${state.rows.length.toLocaleString("en")} rows`, { type: "button" });
          more.addEventListener("click", () => { state.limit = Infinity; state.draw(); more.remove(); });
          details.append(more);
        }
      });
    }
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
    const logLink = (row) => !/^[\w-]+$/.test(row.name) ? "" : Object.assign(element("a", "log"), {
      href: log.replace("NAME", row.name), target: "_blank", rel: "noopener noreferrer" });
    const columns = [["number", "#", number], ["estimator", "Estimator"], ["objective", "Objective"], ["status", "Status"],
      ["seconds", "Seconds"], ["billed", "Billed"], ["hyperparameters", "Hyperparameters"], ["name", "Name"]];
    const state = makeTable(table, [...jobs], [...columns, ["", "Log", logLink]], {
      sign,
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
      byId("shown").textContent = shown < jobs.length ? `${shown.toLocaleString("en")} of ${jobs.length.toLocaleString("en")} rows` : "";
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
    state.asText = () => asTabs(state.shown, columns);
    state.update();
    return state;
  }

  const table = allTrainingJobs();
  copyButtons(() => table.asText());
  for (const [id, spec] of Object.entries(charts)) {
    const fold = byId(id).closest("details:not([open])");
    if (fold) fold.addEventListener("toggle", () => drawOrSay(id, spec), { once: true }); // only then it has a width
    else await drawOrSay(id, spec);
  }
  tablesBehindCharts();
}

(async () => {
  if (typeof DecompressionStream === "undefined") {
    for (const place of document.querySelectorAll(".chart")) {
      place.textContent = "This browser is too old to draw the chart (it has no DecompressionStream, as browsers have since 2023).";
    }
  } else {
    await main();
  }
  document.documentElement.dataset.ready = "yes";
})();
