const DEGREES = 180 / Math.PI;

/** The page of one drive. */
class DrivePage {
  constructor(drive, theme) {
    this.drive = drive;
    this.theme = theme;
    this.view = new View(drive.time);
    // Where there is something to read: the last rest, or the middle of the drive.
    this.view.cursor = drive.stops.at(-1)?.at ?? drive.duration / 2;
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
    const bound = (at, colour, name) => ({ at, colour, name });
    const both = (at, colour, name) => [bound(at, colour, name), bound(-at, colour, name)];
    const normal = [...both(1.96, "grey", "95 %"), ...both(2.576, "orange", "99 %")];
    const learnt = (id, title, unit, column, factor, decimals, least) => {
      const value = drive.scaled(column, factor), sigma = drive.scaled(`${column}Sigma`, factor);
      const edge = (name, sign) => ({ name, colour: "grey", dash: [3, 3], decimals, followsScale: true,
        values: value.map((one, i) => one + sign * 1.96 * sigma[i]) });
      return this.plot(id, title, unit, [edge("95 % from", -1), edge("to", 1),
        { name: "estimate", colour: "blue", values: value, decimals }], { least, height: 80 });
    };
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
      this.plot("lateral", "Lateral error", "m, as the truck believed", [line("rear axle", "lateral", "blue", { decimals: 3 })],
        { least: 0.2, guides: [...both(drive.limits.lateralWarning, "orange", `warning at ±${shown(drive.limits.lateralWarning)}`),
          ...both(drive.limits.lateralLimit, "red", `stop at ±${shown(drive.limits.lateralLimit)}`)] }),
      this.plot("heading", "Heading error", "°, as the truck believed", [line("tractor", "headingError", "blue", { factor: DEGREES })],
        { least: 2, guides: both(drive.limits.heading * DEGREES, "red", `stop at ±${shown(drive.limits.heading * DEGREES, 0)}`), height: 90 }),
      ...(drive.vehicle.hasTrailer ? [this.plot("articulation", "Articulation", "°",
        [line("trailer", "articulation", "orange", { factor: DEGREES, decimals: 1 })], { least: 4, height: 90 })] : []),
      this.plot("sigma", "Position uncertainty", "m", [
        line("east", "sigmaEast", "blue", { decimals: 3 }), line("north", "sigmaNorth", "green", { decimals: 3 }),
        points("receiver", "fixSigma", "grey", { decimals: 3 }),
      ], { include: [0], least: 0.1, highest: 20, height: 90, empty: "no position", note: "one standard deviation" }),
      this.plot("position-innovation", "Innovation of fixes", "χ², 2", [
        points("squared by variance", "positionInnovation", "blue", { marked: drive.column("fixRefused") }),
      ], { include: [0, 10], highest: 30, empty: "no fix was judged",
        guides: [bound(5.991, "grey", "95 %"), bound(9.21, "orange", "99 %")], note: "refused fixes in red" }),
      this.plot("heading-innovation", "Innovation of heading", "σ", [
        points("normalised", "headingInnovation", "blue"),
      ], { include: [-3, 3], height: 90, empty: "the receiver told no heading", guides: normal }),
      this.plot("wheel-innovation", "Innovation of wheel speed", "σ", [
        points("normalised", "wheelInnovation", "blue"),
      ], { include: [-3, 3], height: 90, empty: "no wheel speed was taken", guides: normal }),
      this.plot("gnss-age", "Age of the last accepted fix", "s", [line("age", "gnssAge", "blue", { upper: true })],
        { include: [0], least: 0.2, highest: 60, height: 70, empty: "no fix was accepted" }),
      learnt("steering-offset", "Learnt: the steering sensor reads too high by", "mrad, left positive", "steeringOffset", 1000, 2, 4),
      learnt("gyro-bias", "Learnt: the gyro reads too high by", "mrad/s, left positive", "gyroBias", 1000, 2, 2),
      learnt("wheel-scale", "Learnt: wheel speed over true speed", "", "wheelScale", 1, 4, 0.01),
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
      element("dd", { title: value }, /^[0-9a-f]{41,}$/.test(value) ? `${value.slice(0, 16)}…` : value)) : null);
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
        this.halts().map((text) => chip("none", text)),
        last ? chip("none", `ended ${last}`) : null,
        verdict.identical ? null : element("p", { class: "difference" }, `First difference: ${verdict.difference}. Shown is what was recorded.`)),
      element("dl", { class: "facts" },
        plain("recording", drive.file),
        plain("begun", drive.startUTC ? new Date(drive.startUTC).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC") : "at an unknown time"),
        plain("duration", `${clock(drive.duration, 1)} min`), plain("distance", `${shown(drive.distance, 0)} m`),
        plain("cycles", String(verdict.cycles)), plain("output hash", verdict.outputHash),
        drive.facts.filter((one) => !["mission", "profile"].includes(one.name)).map((one) => plain(one.name, one.value))));
  }

  /** Rests at hold lines belong to a drive; others do not. */
  halts() {
    const { stops } = this.drive;
    const some = (count, one, many, where) => (count ? [`${count} ${count === 1 ? one : many} ${where}`] : []);
    const atLines = stops.filter((stop) => stop.line).length;
    const found = [...some(atLines, "halt", "halts", "at hold lines"),
      ...some(stops.length - atLines, "stop", "stops", "elsewhere")];
    return found.length ? found : ["did not come to rest"];
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
    this.eventList = element("div", { id: "events" }, this.drive.events.map((event, i) => {
      if (event.stop === undefined) return this.eventNodes[i];
      return element("div", { class: "row" }, this.eventNodes[i],
        element("a", { href: `#stop-${event.stop}`, title: "its row in the table of stops" }, "why"));
    }));
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
