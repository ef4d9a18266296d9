/** Two drives over one another by where the rear axle was on the path. */
class ComparisonPage {
  static COLOURS = ["blue", "orange"];

  constructor(drives, comparison, theme) {
    Object.assign(this, { drives, comparison, theme });
    this.places = drives.map((drive) => ComparisonPage.along(drive));
    const ends = this.places.flatMap((place) => [place.axis[0], place.axis.at(-1)]).filter(Number.isFinite);
    this.view = new View(ends.length ? [Math.min(...ends), Math.max(...ends)] : []);
    const values = this.places[0].pick("speed");
    this.navigator = new Navigator(this.view, theme, {
      values: ComparisonPage.even(this.places[0].axis, values, this.view), label: "speed of the first drive", isClock: false });
    this.plots = [
      this.plot("speed", "Speed", "km/h", "speed", 3.6, { include: [0], least: 5, height: 200, decimals: 2 }),
      this.plot("cap", "Cap", "km/h", "speedCap", 3.6, { include: [0], least: 5, height: 80, decimals: 1, kind: "step" }),
      this.plot("lateral", "Lateral error", "m, as the truck believed", "lateral", 1, { least: 0.2, height: 150, decimals: 3 }),
      this.plot("heading", "Heading error", "°, as the truck believed", "headingError", DEGREES, { least: 2, decimals: 2 }),
      this.plot("curvature", "Steering, measured", "1/m", "curvature", 1, { least: 0.01, height: 150, decimals: 4 }),
      this.plot("brake", "Brake demand", "m/s²", "brakeDemand", 1, { include: [0], least: 0.5, decimals: 2 }),
      this.plot("elapsed", "Time since the first cycle", "s", "time", 1, { include: [0], decimals: 1 }),
    ];
    document.title = `${drives[0].file} and ${drives[1].file}: drives compared`;
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** The cycles in which the truck came farther than ever before, so that the axis only grows. */
  static along(drive) {
    const station = drive.column("station");
    const cycles = [];
    let farthest = -Infinity;
    station.forEach((at, i) => {
      if (at > farthest) { farthest = at; cycles.push(i); }
    });
    const pick = (name, factor = 1) => {
      const column = drive.column(name);
      return Float64Array.from(cycles, (i) => column[i] * factor);
    };
    return { axis: pick("station"), pick };
  }

  /** A sample for each of so many steps of the axis, for the strip above the plots. */
  static even(axis, values, view) {
    const axisOfView = Float64Array.from({ length: 2000 }, (_, i) => view.whole[0] + i / 1999 * (view.whole[1] - view.whole[0]));
    view.axis = axisOfView;
    return axisOfView.map((at) => {
      const inside = axis.length && at >= axis[0] && at <= axis.at(-1);
      return inside ? values[placeOf(axis, at)] : NaN;
    });
  }

  plot(id, title, unit, column, factor, { decimals, kind, ...options }) {
    return new Plot(this.view, this.theme, {
      id, title, unit, empty: "neither drive was on its route", ...options,
      series: this.drives.map((drive, i) => ({
        name: "AB"[i], colour: ComparisonPage.COLOURS[i], axis: this.places[i].axis, kind,
        values: this.places[i].pick(column, factor), decimals, dash: i ? [6, 2] : null, width: 1.6 })),
    });
  }

  figures() {
    const fact = (drive, name) => drive.facts.find((one) => one.name === name)?.value ?? "–";
    const moving = (drive, name) => {
      const values = drive.column(name), speed = drive.column("speed");
      return values.filter((value, i) => Number.isFinite(value) && speed[i] > 0.05);
    };
    const rms = (values) => (values.length ? Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length) : NaN);
    const most = (values) => values.reduce((top, v) => Math.max(top, Math.abs(v)), values.length ? 0 : NaN);
    const named = (drive) => new Set(["mode", "ladder", "not ready", "position", "zone", "may drive to"]).has(drive.name);
    const faults = (drive) => drive.lanes.filter((lane) => !named(lane)).map((lane) => lane.name).sort().join(", ") || "none";
    const shorts = (drive) => drive.stops.map((stop) => stop.short).filter((v) => v !== undefined);
    const rows = [];
    const text = (name, value) => rows.push({ name, values: this.drives.map(value) });
    const figure = (name, decimals, value) => rows.push({ name, decimals, values: this.drives.map(value), isNumber: true });
    for (const name of ["mission", "profile", "software", "configuration", "seed"]) text(name, (d) => fact(d, name));
    text("replay", (d) => (d.verdict.identical ? "identical" : "differs"));
    text("output hash", (d) => d.verdict.outputHash);
    figure("duration, s", 2, (d) => d.duration);
    figure("distance, m", 1, (d) => d.distance);
    figure("top speed, km/h", 2, (d) => highest(d.column("speed")) * 3.6);
    figure("lateral error as believed, rms, m", 4, (d) => rms(moving(d, "lateral")));
    figure("lateral error as believed, most, m", 3, (d) => most(moving(d, "lateral")));
    figure("heading error as believed, rms, °", 3, (d) => rms(moving(d, "headingError")) * DEGREES);
    figure("position innovation, mean χ²", 2, (d) => {
      const found = d.column("positionInnovation").filter(Number.isFinite);
      return found.reduce((sum, v) => sum + v, 0) / found.length;
    });
    figure("fixes refused", 0, (d) => d.column("fixRefused").filter((v) => v > 0).length);
    figure("halts at hold lines", 0, (d) => d.stops.filter((stop) => stop.line).length);
    figure("stops elsewhere", 0, (d) => d.stops.filter((stop) => !stop.line).length);
    figure("least short of a hold line as believed, m", 2, (d) => Math.min(...shorts(d), Infinity));
    figure("most short of a hold line as believed, m", 2, (d) => Math.max(...shorts(d), -Infinity));
    figure("largest deceleration of a stop, m/s²", 2, (d) => Math.max(...d.stops.map((s) => s.peakDeceleration), -Infinity));
    text("faults", faults);
    figure("longest cycle, ms", 3, (d) => d.loop.most ?? NaN);
    figure("cycles skipped", 0, (d) => d.loop.slips);
    return rows;
  }

  differenceTable() {
    const shownOf = (row, i) => (row.isNumber ? shown(row.values[i], row.decimals) : String(row.values[i]));
    return section("What differs", null, tableOf([
      { name: "", value: (row) => row.name },
      { name: "A", value: (row) => shownOf(row, 0) },
      { name: "B", value: (row) => shownOf(row, 1), warns: (row) => shownOf(row, 0) !== shownOf(row, 1) },
      { name: "B − A", isNumber: true, value: (row) => (row.isNumber ? shown(row.values[1] - row.values[0], row.decimals) : "") },
    ], this.figures(), { id: "differences" }));
  }

  settingTable() {
    const { settings, obstacle } = this.comparison;
    if (obstacle) return section("Configuration", `Not compared: ${obstacle}.`);
    if (!settings.length) return section("Configuration", "Profile and mission resolve to the same values.");
    return section("Configuration", `${settings.length} value${settings.length === 1 ? "" : "s"} of profile and mission differ.`, tableOf([
      { name: "file", value: (row) => row.file },
      { name: "key", value: (row) => element("code", {}, row.key) },
      { name: "A", value: (row) => row.first ?? "absent" },
      { name: "B", value: (row) => row.second ?? "absent" },
    ], settings, { id: "settings" }));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.view.step(-1), ArrowRight: () => this.view.step(1), "+": () => this.view.zoom(0.5),
      "=": () => this.view.zoom(0.5), "-": () => this.view.zoom(2), "0": () => this.view.showAll(),
      Escape: () => this.view.pin(false), a: () => this.view.pan(-0.25), d: () => this.view.pan(0.25),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  node() {
    const name = (i) => element("p", { class: `drive-name ${"ab"[i]}` }, element("b", {}, "AB"[i]), ` ${this.drives[i].file}`);
    return element("main", { class: "comparison" },
      element("header", { id: "header" }, element("div", { class: "title" },
        element("h1", {}, "Two drives"), this.theme.button()), name(0), name(1)),
      element("div", { class: "plots" }, this.navigator.node, this.plots.map((plot) => plot.node)),
      this.differenceTable(), this.settingTable());
  }
}
