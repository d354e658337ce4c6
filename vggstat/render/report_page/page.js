"use strict";
/* Selects among the integers that the page carries, multiplies by the batch and formats. It knows no formula:
   which figure stands where is said in the table cells (data-fig) and charts (data-chart). Integers are BigInt,
   so that every digit is right whatever the batch. */
(() => {
  const data = JSON.parse(document.getElementById("figures").textContent);
  const form = document.getElementById("switches");
  const state = { ops: "macs", bias: "params", unit: "MB", batch: "", size: "given", theme: "" };
  const at = Object.fromEntries(data.fields.map((name, index) => [name, index]));
  const NOTHING = "–";
  const UNKNOWN = "?";
  const UNITS = { MB: 10n ** 6n, MiB: 1n << 20n };
  const UNIT_WORDS = { MB: "MB (10^6 bytes)", MiB: "MiB (2^20 bytes)" };
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* numbers as text, as vggstat/units.py writes them */
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  function quotient(n, by, digits) {
    const scaled = (2n * n * 10n ** BigInt(digits) + by) / (2n * by);
    const text = String(scaled).padStart(digits + 1, "0");
    return grouped(text.slice(0, -digits)) + "." + text.slice(-digits);
  }
  function inUnits(n, by) {
    let digits = 2;
    if (n && 200n * n < by) while (2n * n * 10n ** BigInt(digits) < 19n * by) digits += 1;
    return quotient(n, by, digits);
  }
  function short(n) {
    if (n < 10000n) return grouped(n);
    for (const [unit, letter] of [[10n ** 3n, "K"], [10n ** 6n, "M"], [10n ** 9n, "G"]])
      if (200n * n < 199999n * unit) return quotient(n, unit, 2) + letter;
    return quotient(n, 10n ** 12n, 2) + "T";
  }
  /* a figure that is not known as a whole is a list of what is known of it */
  const big = (n) => (n === null || n === undefined ? null : Array.isArray(n) ? n.map(BigInt) : BigInt(n));

  /* selecting */
  const batchOf = (spec) => (state.batch === "given" ? spec.batch : Number(state.batch));
  function sized(spec) {
    const found = spec.sizes[state.size];
    return typeof found === "string" ? spec.sizes[found] : found;
  }
  const PER_IMAGE = new Set(["macs", "flops", "values", "bytes", "training_flops"]);
  const SWITCHED = { params: () => state.bias, ops: () => state.ops };
  const BYTES = /^(bytes|saved|live|param_bytes|memory:.*)$/;

  /* {n: BigInt or null, text} of a figure; null where there is none */
  function figure(spec, row, name) {
    const set = sized(spec);
    if (set.reason) return null;
    const batch = batchOf(spec);
    const [kind, key] = name.includes(":") ? name.split(":") : ["", name];
    let n;
    if (kind === "memory") n = big(set.memory[batch][key]);
    else if (kind === "tool") n = big(set.tools[key]);
    else if (key === "image") return { n: null, text: set.image };
    else if (row === null) n = big(set.totals[SWITCHED[key] ? SWITCHED[key]() : key]);
    else {
      const cells = set.rows[row];
      if (!cells) return null;
      if (key === "output") return { n: null, text: cells[at.output] };
      if (key === "field") return fieldOf(spec, row, cells[at.field]);
      if (key === "saved" || key === "live") n = big(set[key][batch][row] ?? null);
      else n = big(cells[at[SWITCHED[key] ? SWITCHED[key]() : key]]);
    }
    if (n === null) return { n: null, text: NOTHING };
    const chosen = SWITCHED[key] ? SWITCHED[key]() : key;
    const times = kind === "tool" || PER_IMAGE.has(chosen) ? BigInt(batch) : 1n;
    const text = (value) => (BYTES.test(name) ? inUnits(value, UNITS[state.unit]) : grouped(value));
    if (Array.isArray(n)) return { n: null, text: n[0] ? text(n[0] * times) + " + " + UNKNOWN : UNKNOWN };
    n *= times;
    return { n, text: n || row === null || BYTES.test(name) ? text(n) : NOTHING };
  }
  function fieldOf(spec, row, pixels) {
    if (row === "input" || pixels === "") return { n: null, text: "" };
    if (typeof pixels === "string") return { n: big(Math.max(...pixels.replaceAll(",", "").split("×").map(Number))), text: pixels };
    return pixels === null ? { n: null, text: "all" } : pixels === 0 ? { n: null, text: UNKNOWN } : { n: big(pixels), text: grouped(pixels) };
  }
  const specOf = (element) => {
    const holder = element.closest("[data-spec]");
    return holder ? data.specs[holder.dataset.spec] : null;
  };
  const rowOf = (element) => element.closest("[data-row]")?.dataset.row ?? null;
  const shownFigure = (cell) => figure(specOf(cell), rowOf(cell), cell.dataset.fig);

  /* words that follow the switches */
  function words(element) {
    const spec = specOf(element);
    switch (element.dataset.word) {
      case "ops": return { macs: "MACs", flops: "FLOPs" }[state.ops];
      case "unit": return state.unit;
      case "bias": return { params: "with biases", weights: "no biases" }[state.bias];
      case "batch": return state.batch === "given" ? "batch as given" : "batch " + grouped(state.batch);
      default: {
        const set = sized(spec);
        return set.reason ? "" : (set.words ?? set.image + " image") + " · batch " + grouped(batchOf(spec)) + " · " + spec.dtype;
      }
    }
  }

  /* tables */
  function showTables() {
    all("[data-word]").forEach((element) => { element.textContent = words(element); });
    all("td[data-fig]").forEach((cell) => { cell.textContent = shownFigure(cell)?.text ?? NOTHING; });
    all("[data-reason]").forEach((element) => {
      const reason = sized(specOf(element)).reason;
      element.hidden = !reason;
      element.textContent = reason ? "No figures at this input: " + reason : "";
    });
    all("table[data-sort]").forEach((table) => { arrange(table); filter(table); });
  }
  function keyOf(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.fig) {
      const found = shownFigure(cell);
      if (found && found.n !== null) return found.n;
      if (found && !["output", "image"].includes(cell.dataset.fig)) return null;
      return found ? found.text.split("×").reduce((product, side) => product * BigInt(side), 1n) : null;
    }
    const text = cell.textContent.trim();
    return text === "" || text === NOTHING || text === UNKNOWN ? null : /^[\d,.]+$/.test(text) ? Number(text.replace(/,/g, "")) : text;
  }
  function compare(one, other) {
    if (typeof one === "string" || typeof other === "string")
      return String(one).localeCompare(String(other), "en", { numeric: true });
    return one < other ? -1 : one > other ? 1 : 0;
  }
  function arrange(table) {
    const body = table.tBodies[0];
    const head = table.tHead.rows[0].cells;
    const column = [...head].findIndex((cell) => /ending/.test(cell.getAttribute("aria-sort") ?? ""));
    const rows = [...body.rows].sort((one, other) => one.dataset.place - other.dataset.place);
    if (column >= 0) {
      const sign = head[column].getAttribute("aria-sort") === "ascending" ? 1 : -1;
      const keys = new Map(rows.map((row) => [row, keyOf(row, column)]));
      rows.sort((one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        if (a === null || b === null) return (a === null) - (b === null); // what is not there comes last
        return sign * compare(a, b);
      });
    }
    body.append(...rows);
  }
  function makeSortable(table) {
    [...table.tBodies[0].rows].forEach((row, place) => { row.dataset.place = place; });
    for (const cell of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...cell.childNodes);
      cell.append(button);
      cell.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const numeric = cell.classList.contains("n");
        const order = numeric ? ["descending", "ascending", "none"] : ["ascending", "descending", "none"];
        const now = order[(order.indexOf(cell.getAttribute("aria-sort")) + 1) % 3];
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        cell.setAttribute("aria-sort", now);
        arrange(table);
        say(now === "none" ? "in the order of the network" : "sorted by " + button.textContent + ", " + now);
      });
    }
  }
  function makeFilter(table) {
    const tools = document.createElement("div");
    tools.className = "tools";
    const kinds = [...new Set(all("tbody tr", table).map((row) => row.dataset.kind))];
    tools.innerHTML = '<label>Filter <input type="search" placeholder="name or layer"></label>' +
      '<label>Kind <select><option value="">all</option></select></label><output></output>';
    const select = tools.querySelector("select");
    for (const kind of kinds) select.add(new Option(kind, kind));
    tools.addEventListener("input", () => { filter(table); });
    table.parentElement.before(tools);
  }
  function filter(table) {
    if (!("filter" in table.dataset)) return;
    const tools = table.parentElement.previousElementSibling;
    const wanted = tools.querySelector("input").value.trim().toLowerCase();
    const kind = tools.querySelector("select").value;
    const rows = sized(specOf(table)).rows ?? {};
    let there = 0;
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const exists = row.dataset.row in rows;
      const text = [1, 2, 3].map((column) => row.cells[column].textContent).join(" ").toLowerCase();
      const fits = exists && text.includes(wanted) && (!kind || row.dataset.kind === kind);
      row.hidden = !fits;
      there += exists;
      shown += fits;
    }
    tools.querySelector("output").textContent = shown < there ? `${shown} of ${there} rows; totals are of all` : "";
  }

  /* charts */
  const SVG = "http://www.w3.org/2000/svg";
  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function barsOf(chart) {
    const name = chart.dataset.chart;
    const spec = specOf(chart);
    if (spec)
      return spec.layers
        .map((layer) => ({ name: layer.name, kind: layer.kind, label: layer.label, found: figure(spec, layer.name, name) }))
        .filter((bar) => bar.found && !(bar.kind === "input" && ["params", "ops", "field"].includes(name)));
    return data.specs
      .map((one) => ({ name: one.name, kind: "total", label: "", found: figure(one, null, name) }))
      .filter((bar) => bar.found);
  }
  const unitOf = (name) =>
    BYTES.test(name) ? state.unit : name === "ops" ? { macs: "MACs", flops: "FLOPs" }[state.ops] : name === "field" ? "px" : "parameters";
  const labelOf = (name, found) =>
    found.n === null || !found.n ? found.text : BYTES.test(name) || name === "field" ? found.text : short(found.n);
  function ticksOf(most) {
    if (!(most > 0)) return [];
    const rough = most / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
  }
  function tickText(name, value) {
    if (BYTES.test(name)) return value.toLocaleString("en", { maximumSignificantDigits: 6 });
    const [unit, letter] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "K"], [1, ""]].find(([size]) => value >= size) ?? [1, ""];
    return (value / unit).toLocaleString("en", { maximumSignificantDigits: 6 }) + letter;
  }
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = getComputedStyle(document.body).font.replace(/\d+(\.\d+)?px/, "11px");
  const textWidth = (text) => measure.measureText(text).width;
  function fitted(text, room) {
    if (textWidth(text) <= room) return text;
    let cut = [...text];
    while (cut.length > 1 && textWidth(cut.join("") + "…") > room) cut.pop();
    return cut.join("") + "…";
  }
  function drawChart(chart) {
    const name = chart.dataset.chart;
    const bars = barsOf(chart);
    const place = chart.querySelector(".plot");
    const caption = chart.querySelector("figcaption").textContent;
    place.replaceChildren();
    if (!bars.length) return;
    const width = Math.max(260, Math.round(place.clientWidth) || 400);
    const step = 16;
    const top = 18;
    const names = Math.min(width * 0.34, Math.max(...bars.map((bar) => textWidth(bar.name))) + 8);
    const labels = bars.map((bar) => labelOf(name, bar.found));
    const right = Math.max(...labels.map(textWidth)) + 10;
    const room = width - names - right;
    const scale = BYTES.test(name) ? Number(UNITS[state.unit]) : 1;
    const values = bars.map((bar) => Number(bar.found.n ?? 0) / scale);
    const most = Math.max(...values);
    const height = top + bars.length * step + 4;
    const svg = element("svg", {
      viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: "img", "aria-label":
        `${caption}: bar chart of ${bars.length}, the figures as in the tables. Arrow keys step through the bars.` });
    let lastTick = -99;
    for (const tick of ticksOf(most)) {
      const x = names + (tick / most) * room;
      svg.append(element("path", { class: "grid", d: `M${x} ${top - 3}V${height - 4}` }));
      const text = tickText(name, tick);
      if (x - lastTick < textWidth(text) + 8) continue;
      svg.append(element("text", { class: "tick", x, y: 11, "text-anchor": "middle" }, text));
      lastTick = x + textWidth(text) / 2;
    }
    bars.forEach((bar, index) => {
      const y = top + index * step;
      const group = element("g", {
        "data-tip": [bar.name, bar.label && bar.label !== bar.name ? " (" + bar.label + ")" : "", ": ",
          bar.found.text, " ", bar.found.n === null ? "" : unitOf(name)].join("").trim() });
      const length = most > 0 ? (values[index] / most) * room : 0;
      group.append(
        element("rect", { class: "hit", x: 0, y, width, height: step }),
        element("text", { x: names - 6, y: y + 12, "text-anchor": "end" }, fitted(bar.name, names - 6)),
        element("rect", { class: "bar", "data-kind": bar.kind, x: names, y: y + 2.5, width: length && Math.max(0.75, length), height: step - 5 }),
        element("text", { x: width - 2, y: y + 12, "text-anchor": "end" }, labels[index]),
      );
      svg.append(group);
    });
    svg.addEventListener("keydown", (event) => { step_(svg, event); });
    svg.addEventListener("blur", () => { point(svg, null); });
    place.append(svg);
  }
  function step_(svg, event) {
    const groups = all("[data-tip]", svg);
    const now = groups.findIndex((group) => group.classList.contains("at"));
    const moves = { ArrowDown: now + 1, ArrowRight: now + 1, ArrowUp: now - 1, ArrowLeft: now - 1, Home: 0, End: groups.length - 1 };
    if (event.key === "Escape") point(svg, null);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const group = groups[Math.max(0, Math.min(groups.length - 1, moves[event.key]))];
    point(svg, group);
    const box = group.getBoundingClientRect();
    showTip(group.dataset.tip, box.left + box.width / 2, box.bottom);
    say(group.dataset.tip);
  }
  function point(svg, group) {
    all(".at", svg).forEach((other) => { other.classList.remove("at"); });
    if (group) group.classList.add("at");
    else hideTip();
  }
  const tip = document.getElementById("tip");
  function showTip(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.width - 4)) + "px";
    tip.style.top = (y + 14 + box.height > innerHeight ? y - box.height - 10 : y + 14) + "px";
  }
  function hideTip() { tip.hidden = true; }
  document.addEventListener("pointermove", (event) => {
    const group = event.target.closest?.("[data-tip]");
    all("g.at").forEach((other) => { if (other !== group) other.classList.remove("at"); });
    if (!group) return hideTip();
    if (group.tagName === "g") group.classList.add("at");
    showTip(group.dataset.tip, event.clientX, event.clientY);
  });
  document.addEventListener("scroll", hideTip, { passive: true });
  const charts = all("[data-chart]");
  const showCharts = () => { charts.forEach(drawChart); };

  /* everything */
  const said = document.getElementById("said");
  function say(text) { said.textContent = text; }
  function showState() {
    const size = form.elements.size.selectedOptions[0].textContent;
    document.getElementById("state").textContent = [
      { macs: "MACs", flops: "FLOPs (2 per MAC)" }[state.ops],
      { params: "parameters with biases", weights: "weights without biases" }[state.bias],
      UNIT_WORDS[state.unit],
      words({ dataset: { word: "batch" }, closest: () => null }),
      "input " + size,
    ].join(" · ");
  }
  function read() {
    const chosen = new FormData(form);
    for (const name of Object.keys(state)) state[name] = chosen.get(name);
    if (state.theme) document.documentElement.dataset.theme = state.theme;
    else delete document.documentElement.dataset.theme;
  }
  function show() {
    read();
    showTables();
    showCharts();
    showState();
  }
  form.hidden = false;
  all("table[data-sort]").forEach((table) => {
    makeSortable(table);
    if ("filter" in table.dataset) makeFilter(table);
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); });
  show();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; requestAnimationFrame(showCharts); }
  });
  document.documentElement.dataset.ready = "yes";
})();
