const DEGREES = 180 / Math.PI;

/** The page of one drive. */
class DrivePage {
  constructor(drive, theme) {
    this.drive = drive;
    this.theme = theme;
    this.view = new View(drive.time);
    this.jump = (at) => this.view.jump(at);
    this.bands = drive.stops.map((stop) => ({
      from: stop.at, to: stop.waited === undefined ? drive.duration : stop.at + stop.waited }));
    this.map = new SiteMap(this.view, theme, drive);
    this.navigator = new Navigator(this.view, theme, {
      values: drive.column("speed"), events: drive.events, label: "speed over the whole drive" });
    this.lanes = new Lanes(this.view, theme, drive.lanes);
    this.plots = this.makePlots();
    this.view.onCursor(() => this.showReadings());
    document.addEventListener("keydown", (event) => this.press(event));
    document.title = `${drive.file}: drive report`;
  }

  plot(id, title, unit, series, options = {}) {
    return new Plot(this.view, this.theme, {
      id, title, unit, series, bands: this.bands, isClock: true, ...options });
  }

  makePlots() {
    const { drive } = this;
    const line = (name, column, colour, options = {}) => ({
      name, colour, values: options.factor ? drive.scaled(column, options.factor) : drive.column(column), ...options });
    const points = (name, column, colour, options = {}) =>
      line(name, column, colour, { kind: "points", ...options });
    const bound = (at, colour) => ({ at, colour });
    const both = (at, colour) => [bound(at, colour), bound(-at, colour)];
    const top = 3.6 * Math.max(highest(drive.column("speed")), highest(drive.column("speedCap")));
    return [
      this.plot("speed", "Speed", "km/h", [
        line("cap", "speedCap", "grey", { factor: 3.6, kind: "step", dash: [5, 3], decimals: 1 }),
        line("authority", "authoritySpeed", "red", { factor: 3.6, followsScale: true, decimals: 1 }),
        line("target", "targetSpeed", "orange", { factor: 3.6, decimals: 1 }),
        line("speed", "speed", "blue", { factor: 3.6, width: 2, decimals: 1 }),
      ], { height: 190, include: [0], least: 5, highest: top * 1.15 + 2,
        note: "authority: from above it the truck could not stop before the supervised limit at the gate's deceleration" }),
      this.plot("way", "Way to go", "m", [
        line("to the supervised limit", "toLimit", "red", { followsScale: true, decimals: 2 }),
        line("to the stop target", "toStopTarget", "blue", { decimals: 2 }),
      ], { include: [0], highest: 120, least: 2, height: 100, note: "of the front bumper" }),
      this.plot("acceleration", "Acceleration", "m/s²", [
        line("brake demand", "brakeDemand", "red", { factor: -1, kind: "step" }),
        line("measured", "acceleration", "blue"),
      ], { least: 1, include: [0] }),
      this.plot("drive", "Drive torque", "share", [line("demand", "driveTorque", "green", { decimals: 3 })],
        { include: [0], least: 0.1, height: 70 }),
      this.plot("curvature", "Steering", "1/m", [
        line("path", "pathCurvature", "grey", { decimals: 4, dash: [5, 3] }),
        line("commanded", "commandedCurvature", "orange", { decimals: 4 }),
        line("measured", "curvature", "blue", { decimals: 4 }),
      ], { least: 0.01, note: "curvature, left positive" }),
      this.plot("lateral", "Lateral error", "m", [line("rear axle", "lateral", "blue", { decimals: 3 })],
        { least: 0.2, guides: [...both(drive.limits.lateralWarning, "orange"), ...both(drive.limits.lateralLimit, "red")] }),
      this.plot("heading", "Heading error", "°", [line("tractor", "headingError", "blue", { factor: DEGREES })],
        { least: 2, guides: both(drive.limits.heading * DEGREES, "red"), height: 90 }),
      ...(drive.vehicle.hasTrailer ? [this.plot("articulation", "Articulation", "°",
        [line("trailer", "articulation", "orange", { factor: DEGREES, decimals: 1 })], { least: 4, height: 90 })] : []),
      this.plot("sigma", "Position uncertainty", "m", [
        line("east", "sigmaEast", "blue", { decimals: 3 }), line("north", "sigmaNorth", "green", { decimals: 3 }),
        points("receiver", "fixSigma", "grey", { decimals: 3 }),
      ], { include: [0], least: 0.1, highest: 20, height: 90, empty: "no position", note: "one standard deviation" }),
      this.plot("position-innovation", "Innovation of fixes", "χ², 2", [
        points("squared by variance", "positionInnovation", "blue", { marked: drive.column("fixRefused") }),
      ], { include: [0, 10], highest: 30, empty: "no fix was judged",
        guides: [bound(5.991, "grey"), bound(9.21, "orange")], note: "bounds of 95 and 99 %; refused fixes in red" }),
      this.plot("heading-innovation", "Innovation of heading", "σ", [
        points("normalised", "headingInnovation", "blue"),
      ], { include: [-3, 3], height: 90, empty: "the receiver told no heading",
        guides: [...both(1.96, "grey"), ...both(2.576, "orange")], note: "bounds of 95 and 99 %" }),
      this.plot("wheel-innovation", "Innovation of wheel speed", "σ", [
        points("normalised", "wheelInnovation", "blue"),
      ], { include: [-3, 3], height: 90, empty: "no wheel speed was taken",
        guides: [...both(1.96, "grey"), ...both(2.576, "orange")], note: "bounds of 95 and 99 %" }),
      this.plot("gnss-age", "Age of the last accepted fix", "s", [line("age", "gnssAge", "blue")],
        { include: [0], least: 1, highest: 60, height: 70, empty: "no fix was accepted" }),
      this.plot("learnt", "Learnt", "", [
        line("steering offset, °", "steeringOffset", "blue", { factor: DEGREES, decimals: 3 }),
        line("gyro bias, °/s", "gyroBias", "green", { factor: DEGREES, decimals: 3 }),
        line("wheel scale, %", "wheelScale", "orange", { factor: 100, decimals: 3 }),
      ], { least: 0.5, height: 90 }),
    ];
  }

  header() {
    const { drive } = this;
    const fact = (name) => drive.facts.find((one) => one.name === name)?.value;
    const { verdict } = drive;
    const reasons = [...new Set(drive.stops.map((stop) => stop.reason).filter(Boolean))];
    const last = drive.lanes.find((lane) => lane.name === "mode")?.bars.at(-1)?.text;
    const chip = (kind, text, title) => element("span", { class: `chip ${kind}`, title }, text);
    const plain = (name, value) => (value ? element("div", {}, element("dt", {}, name),
      element("dd", { title: value }, value.length > 40 ? `${value.slice(0, 16)}…` : value)) : null);
    return element("header", { id: "header" },
      element("div", { class: "title" },
        element("h1", {}, fact("mission") || drive.file,
          element("small", {}, fact("profile") || "")),
        this.theme.button()),
      element("div", { class: "verdict" },
        verdict.identical
          ? chip("good", "✓ replays bit for bit", `output hash ${verdict.outputHash}`)
          : chip("alarm", "✗ does not replay", verdict.difference),
        chip(reasons.length ? "warning" : "none", reasons.length ? `stopped: ${reasons.join(", ")}` : "no stop was demanded"),
        chip("none", `${drive.stops.length} stop${drive.stops.length === 1 ? "" : "s"}`),
        last ? chip("none", `ended ${last}`) : null,
        verdict.identical ? null : element("p", { class: "difference" }, `First difference: ${verdict.difference}. Shown is what was recorded.`)),
      element("dl", { class: "facts" },
        plain("recording", drive.file),
        plain("begun", drive.startUTC ? new Date(drive.startUTC).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC") : "at an unknown time"),
        plain("duration", `${clock(drive.duration, 1)} min`), plain("distance", `${shown(drive.distance, 0)} m`),
        plain("cycles", String(verdict.cycles)), plain("output hash", verdict.outputHash),
        drive.facts.filter((one) => !["mission", "profile"].includes(one.name)).map((one) => plain(one.name, one.value))));
  }

  readings() {
    const { drive } = this;
    const list = [
      ["time", () => clock(this.view.cursor, 2)], ["clock", () => this.utc()],
      ["mode", () => this.state("mode")], ["ladder", () => this.state("ladder")],
      ["zone", () => this.state("zone")], ["may drive to", () => this.state("may drive to")],
      ["position", () => this.state("position")],
      ["speed", (i) => shown(drive.at("speed", i) * 3.6, 2, "km/h")],
      ["cap", (i) => shown(drive.at("speedCap", i) * 3.6, 1, "km/h")],
      ["front at", (i) => shown(drive.at("frontStation", i), 2, "m")],
      ["to stop target", (i) => shown(drive.at("toStopTarget", i), 2, "m")],
      ["lateral error", (i) => shown(drive.at("lateral", i), 3, "m")],
      ["heading error", (i) => shown(drive.at("headingError", i) * DEGREES, 2, "°")],
      ["uncertainty", (i) => `${shown(drive.at("sigmaEast", i), 3)} / ${shown(drive.at("sigmaNorth", i), 3, "m")}`],
      ["east, north", (i) => `${shown(drive.at("east", i), 2)}, ${shown(drive.at("north", i), 2, "m")}`],
      ["brake demand", (i) => shown(drive.at("brakeDemand", i), 2, "m/s²")],
    ];
    this.readouts = list.map(([name, value]) => ({ value, output: element("dd", {}), name }));
    return element("dl", { id: "readings", "aria-label": "values at the cursor" },
      this.readouts.map((one) => element("div", {}, element("dt", {}, one.name), one.output)));
  }

  utc() {
    if (!this.drive.startUTC) return "–";
    return new Date(this.drive.startUTC + this.view.cursor * 1000).toISOString().slice(11, 23);
  }

  state(name) {
    const lane = this.drive.lanes.find((one) => one.name === name);
    return (lane && Lanes.barOf(lane, this.view.cursor)?.text) || "–";
  }

  showReadings() {
    const { place } = this.view;
    for (const one of this.readouts) {
      const text = one.value(place);
      if (one.output.textContent !== text) one.output.textContent = text;
    }
    const { events } = this.drive;
    let current = -1;
    events.forEach((event, i) => { if (event.at <= this.view.cursor + 1e-9) current = i; });
    if (current === this.currentEvent) return;
    this.eventNodes[this.currentEvent]?.removeAttribute("aria-current");
    this.currentEvent = current;
    const node = this.eventNodes[current];
    if (!node) return;
    node.setAttribute("aria-current", "true");
    // Not scrollIntoView, which would scroll the page too.
    this.eventList.scrollTop = node.offsetTop - this.eventList.clientHeight / 2;
  }

  events() {
    const kinds = ["none", "good", "notice", "warning", "alarm"];
    this.eventNodes = this.drive.events.map((event) => element("button",
      { type: "button", class: kinds[event.attention], click: () => this.jump(event.at) },
      element("time", {}, clock(event.at, 2)), event.what));
    this.eventList = element("div", { id: "events" }, this.eventNodes);
    return element("section", { class: "panel events" },
      element("h2", {}, "Events"), this.eventList);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea")) return;
    const far = event.shiftKey ? 100 : 1;
    const act = {
      ArrowLeft: () => this.view.step(-far), ArrowRight: () => this.view.step(far),
      "+": () => this.view.zoom(0.5), "=": () => this.view.zoom(0.5), "-": () => this.view.zoom(2),
      "0": () => this.view.showAll(), Home: () => this.jump(this.view.whole[0]),
      End: () => this.jump(this.view.whole[1]),
      "[": () => this.toEvent(-1), "]": () => this.toEvent(1), f: () => this.map.setFollow(!this.map.follows),
      Escape: () => this.view.pin(false), a: () => this.view.pan(-0.25), d: () => this.view.pan(0.25),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  toEvent(direction) {
    const { events } = this.drive;
    const { cursor } = this.view;
    const found = direction > 0 ? events.find((event) => event.at > cursor + 1e-6)
      : events.findLast((event) => event.at < cursor - 1e-6);
    if (found) this.jump(found.at);
  }

  node() {
    const help = "Hover to read, click to hold the cursor, drag to zoom, double-click for all. Wheel over the time axis, or with Shift, "
      + "zooms. Keys: ← → a cycle, with Shift a second; + − 0 zoom; a d pan; [ ] events; f follow; Esc lets the cursor go.";
    return element("main", { class: "drive" },
      this.header(),
      element("div", { class: "desk" },
        element("div", { class: "side" }, this.map.node, this.readings(), this.events()),
        element("div", { class: "plots" }, this.navigator.node, this.lanes.node,
          this.plots.map((plot) => plot.node), element("p", { class: "note help" }, help))),
      stopTable(this.drive, this.jump), messageTable(this.drive, this.jump),
      element("div", { class: "pair" }, consistencyTable(this.drive), loopHistogram(this.drive, this.theme, this.jump)),
      attachmentTable(this.drive));
  }
}
