/** A table; `columns`: {name, title, value(row): text or node, isNumber, warns(row)}. */
function tableOf(columns, rows, { click, id, mark, below } = {}) {
  return element("div", { class: "scroll" }, element("table", { id },
    element("thead", {}, element("tr", {}, columns.map((column) =>
      element("th", { title: column.title, class: column.isNumber ? "number" : null }, column.name)))),
    element("tbody", {}, rows.flatMap((row, i) => {
      const more = below && below(row);
      return [element("tr",
        { id: mark && `${mark}-${i}`, ...(click ? { tabindex: "0", class: "link", click: () => click(row),
          keydown: (event) => { if (event.key === "Enter") click(row); } } : {}) },
        columns.map((column) => element("td", {
          class: [column.isNumber ? "number" : "", column.warns && column.warns(row) ? "warns" : ""].join(" ").trim() || null,
        }, column.value(row) ?? ""))),
      more ? element("tr", { class: "below" }, element("td", { colspan: columns.length }, more)) : null];
    }))));
}

function section(title, note, ...content) {
  return element("section", { class: "panel" }, element("h2", {}, title),
    note ? element("p", { class: "note" }, note) : null, ...content);
}

function number(name, title, value, decimals, warns) {
  return { name, title, isNumber: true, warns, value: (row) => shown(value(row), decimals) };
}

/** Why a stop was demanded, as `tulpar why` tells it. */
function causesOf(stop) {
  if (!stop.causes.length) return null;
  return element("ol", { class: "causes" }, stop.causes.map((cause) => element("li", {},
    element("b", {}, `${clock(cause.at, 2)} ${cause.level}: ${cause.meaning}`), ` (${cause.reason})`,
    [cause.reading, `from ${cause.source}`, `${cause.state}; clears ${cause.clears}`,
      cause.state === "holds still" ? `needs: ${cause.needs}` : ""]
      .filter(Boolean).map((text) => element("div", {}, text)))));
}

function stopTable(drive, jump) {
  if (!drive.stops.length) return section("Stops", "The truck did not come to rest from motion in this drive.");
  return section("Stops",
    "Deceleration over 0.2 s. Build-up: from the first demand on the service brake to 90 % of the largest deceleration. "
    + "Jolt: largest change of acceleration in the second after rest. Places are as the truck believed.",
    tableOf([
      { name: "at", title: "minutes and seconds since the first cycle", isNumber: true, value: (stop) => clock(stop.at, 1) },
      { name: "where", value: (stop) => [stop.line, stop.zone].filter(Boolean).join(", ") || "–" },
      { name: "why", value: (stop) => stop.reason || (stop.line ? "hold line" : "–") },
      number("short (believed), m", "before the line's stop target as the truck believed; negative past it", (stop) => stop.short, 2, (stop) => stop.short < 0),
      number("lateral (believed), m", "of the rear axle as the truck believed, left positive", (stop) => stop.lateral, 3),
      number("station, m", "front bumper along the path", (stop) => stop.station, 1),
      number("from, km/h", "speed when deceleration began", (stop) => stop.fromSpeed * 3.6, 1),
      number("distance, m", "from there to rest", (stop) => stop.distance, 1),
      number("mean, m/s²", "speed squared by twice the distance", (stop) => stop.meanDeceleration, 2),
      number("peak, m/s²", "largest deceleration", (stop) => stop.peakDeceleration, 2),
      number("build-up, s", "to 90 %", (stop) => stop.buildUp, 2),
      number("jerk, m/s³", "largest until rest", (stop) => stop.jerk, 2),
      number("jolt, m/s³", "largest after rest", (stop) => stop.jolt, 2),
      { name: "stood", title: "until it moved again", isNumber: true, value: (stop) => (stop.waited === undefined ? "to the end" : clock(stop.waited, 1)) },
    ], drive.stops, { id: "stops", mark: "stop", below: causesOf, click: (stop) => jump(stop.at) }));
}

/** Least to most on a logarithmic scale around the period, the median as a mark. */
function periodPicture(message) {
  if (!message.most || !message.least) return null;
  const period = message.period || message.median;
  const place = (seconds) => 60 + 28 * Math.log2(Math.max(seconds, 1e-6) / period);
  const inside = (x) => Math.min(Math.max(x, 1), 119);
  const svg = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const picture = svg("svg", { viewBox: "0 0 120 12", class: "period" });
  const [from, to] = [inside(place(message.least)), inside(place(message.most))];
  picture.append(
    svg("line", { x1: 60, x2: 60, y1: 0, y2: 12, class: "due" }),
    svg("rect", { x: from, width: Math.max(to - from, 1), y: 5, height: 2, class: "range" }),
    svg("rect", { x: from, width: Math.max(inside(place(message.percentile99)) - from, 1), y: 3.5, height: 5, class: "most" }),
    svg("rect", { x: inside(place(message.median)) - 1, width: 2, y: 1, height: 10, class: "median" }));
  return picture;
}

function messageTable(drive, jump) {
  const ms = (name, title, value, warns) => ({
    name, title, isNumber: true, warns, value: (row) => shown(value(row) * 1e3, 1) });
  const count = (name, title, value) => ({
    name, title, isNumber: true, warns: (row) => value(row) > 0, value: (row) => String(value(row)) });
  return section("CAN messages",
    "Intervals between frames of a message, in ms, against the period that the profile declares. Gaps are longer than its "
    + "freshness; missing frames are those that did not come in their periods. Of what the truck must tell, silence before the "
    + "first frame and after the last counts too.",
    tableOf([
      { name: "message", value: (m) => m.name || "(not in the profile)" },
      { name: "", title: "received or sent", value: (m) => (m.isSent ? "→ sent" : "← received") },
      { name: "bus", value: (m) => m.bus },
      { name: "identifier", value: (m) => element("code", {}, m.identifier) },
      { name: "frames", isNumber: true, warns: (m) => m.frames === 0 && m.period, value: (m) => String(m.frames) },
      ms("period", "declared", (m) => m.period),
      ms("least", "", (m) => m.least),
      ms("median", "", (m) => m.median, (m) => m.period && Math.abs(m.median / m.period - 1) > 0.1),
      ms("99 %", "", (m) => m.percentile99),
      ms("most", "", (m) => m.most, (m) => m.freshness && m.most > m.freshness),
      { name: "interval by period", title: "least, median (mark), 99 % (thick) and most, each unit a factor of two; the line is the declared period", value: periodPicture },
      count("gaps", "longer than the freshness", (m) => m.gaps),
      count("missing", "frames that did not come in their periods", (m) => m.missing),
      count("counter", "frames whose counter stood", (m) => m.badCounters),
      count("checksum", "frames with a wrong checksum", (m) => m.badChecksums),
      count("short", "frames with too few bytes", (m) => m.tooShort),
    ], drive.messages, { id: "messages", click: (m) => { if (m.longestAt !== undefined) jump(m.longestAt); } }),
    element("p", { class: "note" }, drive.buses.map((bus) =>
      `${bus.name}: ${bus.bitRate / 1000} kbit/s, ${bus.frames} frames seen, ${bus.dropped} dropped, `
      + `${bus.errorFrames} error frames, controller ${bus.controller}, ${bus.isUp ? "up" : "down"} at the end. `).join("")));
}

/** How often the innovations stay within their bounds: 95 and 99 % of them should. */
function consistencyTable(drive) {
  const rows = [];
  const add = (name, values, square, low, high, expected, refused) => {
    const found = values.filter(Number.isFinite);
    if (!found.length) return;
    const squares = square ? found : found.map((value) => value * value);
    const within = (bound) => squares.filter((value) => value <= bound).length / squares.length * 100;
    rows.push({ name, count: found.length, mean: squares.reduce((a, b) => a + b, 0) / squares.length,
      expected, low: within(low), high: within(high), refused });
  };
  // Chi-squared with two degrees of freedom and with one.
  add("GNSS position", drive.column("positionInnovation"), true, 5.991, 9.21, 2,
    drive.column("fixRefused").filter((value) => value > 0).length);
  add("GNSS heading", drive.column("headingInnovation"), false, 3.841, 6.635, 1);
  add("wheel speed", drive.column("wheelInnovation"), false, 3.841, 6.635, 1);
  if (!rows.length) return section("Estimator", "There was no fix and no wheel speed to judge the estimator by.");
  return section("Estimator",
    "Innovations squared by their variance. A mean above what is expected says that a sensor is worse than its sigma, below it that it is better.",
    tableOf([
      { name: "innovation", value: (row) => row.name },
      { name: "count", isNumber: true, value: (row) => String(row.count) },
      number("mean", "of the normalised squares", (row) => row.mean, 2),
      number("expected", "", (row) => row.expected, 0),
      number("within 95 % bound, %", "", (row) => row.low, 1, (row) => row.low < 90),
      number("within 99 % bound, %", "", (row) => row.high, 1, (row) => row.high < 97),
      { name: "refused", isNumber: true, warns: (row) => row.refused > 0, value: (row) => (row.refused === undefined ? "–" : String(row.refused)) },
    ], rows, { id: "consistency" }));
}

function loopHistogram(drive, theme, jump) {
  const { loop } = drive;
  const note = loop.least === undefined
    ? "One cycle has no interval."
    : `Least ${shown(loop.least, 3)}, median ${shown(loop.median, 3)}, 99 % ${shown(loop.percentile99, 3)}, most ${shown(loop.most, 3)} ms; `
      + `${loop.slips} cycles skipped, ${loop.overflowed} frames beyond what a cycle takes.`;
  const surface = new Surface(theme, "data", (context, width, height) => {
    const most = Math.max(...loop.bins.map((bin) => bin.count), 1);
    const [left, bottom] = [50, height - 20];
    const wide = Math.min((width - left - 10) / Math.max(loop.bins.length, 1), 60);
    const y = (count) => bottom - (bottom - 8) * Math.log10(count + 1) / Math.log10(most + 1);
    context.textBaseline = "middle";
    context.strokeStyle = theme.colour("grid");
    for (let count = 1; count <= most; count *= 10) {
      context.fillStyle = theme.colour("muted");
      context.textAlign = "right";
      context.fillText(String(count), left - 6, y(count));
      context.beginPath();
      context.moveTo(left, Math.round(y(count)) + 0.5);
      context.lineTo(width - 10, Math.round(y(count)) + 0.5);
      context.stroke();
    }
    loop.bins.forEach((bin, i) => {
      context.fillStyle = theme.colour(bin.from > 1.5 * loop.median ? "orange" : "blue");
      if (bin.count) context.fillRect(left + i * wide + 1, y(bin.count), Math.max(wide - 2, 1), bottom - y(bin.count));
    });
    context.fillStyle = theme.colour("muted");
    context.textAlign = "center";
    const stride = Math.max(Math.ceil(70 / wide), 1);
    loop.bins.forEach((bin, i) => {
      if (i % stride === 0) context.fillText(`${shown((bin.from + bin.to) / 2, 2)} ms`, left + (i + 0.5) * wide, bottom + 11);
    });
  });
  const late = loop.mostAt === undefined || loop.most - loop.least < 0.01 ? null
    : element("button", { type: "button", click: () => jump(loop.mostAt) }, `longest cycle, at ${clock(loop.mostAt)}`);
  return section("Loop time", `From one cycle to the next, counted on a logarithmic scale. ${note}`,
    element("figure", { class: "plot", id: "loop" },
      element("div", { class: "frame", style: "height:130px" }, surface.canvas)), late);
}

function attachmentTable(drive) {
  return section("In the recording", "Each file stands in it whole; its hash stands in the header.",
    tableOf([
      { name: "file", value: (one) => one.name },
      { name: "bytes", isNumber: true, value: (one) => String(one.size) },
      { name: "SHA-256", value: (one) => element("code", {}, one.hash) },
    ], drive.attachments, { id: "attachments" }));
}
