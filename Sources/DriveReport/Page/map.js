/** The site in local metres: route, zones, hold lines, track, fixes, and the truck at the cursor. */
class SiteMap {
  constructor(view, theme, drive) {
    Object.assign(this, { view, theme, drive });
    this.east = drive.column("east");
    this.north = drive.column("north");
    this.trailer = drive.vehicle.hasTrailer ? this.trailerTrack() : null;
    this.follows = false;
    this.extent = this.measure();
    this.data = new Surface(theme, "data", (...all) => this.drawData(...all));
    this.overlay = new Surface(theme, "overlay", (...all) => this.drawOverlay(...all));
    this.follow = element("button", {
      type: "button", "aria-pressed": "false", title: "keep the truck in the middle (f)",
      click: () => this.setFollow(!this.follows),
    }, "follow");
    const act = (text, title, click) => element("button", { type: "button", title, click }, text);
    this.node = element("figure", { class: "map", id: "map" },
      element("div", { class: "frame" }, this.data.canvas, this.overlay.canvas,
        this.extent ? null : element("p", { class: "nothing" }, "No position was known in this drive, and there is no route."),
        element("div", { class: "acts" }, this.follow,
          act("−", "wider", () => this.zoom(0.5)), act("+", "closer", () => this.zoom(2)),
          act("all", "the whole site", () => this.fit()))));
    if (this.extent) this.listen();
    view.onWindow(() => this.data.paint());
    view.onCursor(() => {
      if (this.follows) this.centre();
      this.overlay.paint();
    });
  }

  /** Of the trailer's bogie, by the articulation. */
  trailerTrack() {
    const { kingPin, kingPinToAxle } = this.drive.vehicle;
    const heading = this.drive.column("heading"), bend = this.drive.column("articulation");
    const track = { east: new Float64Array(heading.length), north: new Float64Array(heading.length) };
    heading.forEach((angle, i) => {
      const back = angle - (bend[i] || 0);
      track.east[i] = this.east[i] + kingPin * Math.cos(angle) - kingPinToAxle * Math.cos(back);
      track.north[i] = this.north[i] + kingPin * Math.sin(angle) - kingPinToAxle * Math.sin(back);
    });
    return track;
  }

  measure() {
    let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
    const take = (x, y) => {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      west = Math.min(west, x); east = Math.max(east, x);
      south = Math.min(south, y); north = Math.max(north, y);
    };
    this.drive.route.east.forEach((x, i) => take(x, this.drive.route.north[i]));
    this.east.forEach((x, i) => take(x, this.north[i]));
    if (west > east) {
      const fixes = this.drive.column("fixEast"), also = this.drive.column("fixNorth");
      fixes.forEach((x, i) => take(x, also[i]));
    }
    return west > east ? null : { west, east, south, north };
  }

  fit() {
    if (!this.extent) return;
    const { west, east, south, north } = this.extent;
    const margin = 28;
    this.scale = Math.min((this.data.width - 2 * margin) / Math.max(east - west, 20),
      (this.data.height - 2 * margin) / Math.max(north - south, 20));
    this.middle = { east: (west + east) / 2, north: (south + north) / 2 };
    this.isFitted = true;
    this.setFollow(false);
  }

  setFollow(isOn) {
    if (!this.extent) return;
    this.follows = isOn;
    this.follow.setAttribute("aria-pressed", isOn);
    if (isOn) {
      if (this.isFitted) this.scale = Math.max(this.scale, 5);
      this.isFitted = false;
      this.centre();
    }
    this.paint();
  }

  centre() {
    const place = this.place;
    if (!Number.isFinite(this.east[place])) return;
    this.middle = { east: this.east[place], north: this.north[place] };
    this.data.paint();
  }

  zoom(factor, x = this.data.width / 2, y = this.data.height / 2) {
    if (!this.extent) return;
    const fixed = { east: this.eastAt(x), north: this.northAt(y) };
    this.scale = Math.min(Math.max(this.scale * factor, 0.002), 400);
    this.isFitted = false;
    if (!this.follows) {
      this.middle.east += fixed.east - this.eastAt(x);
      this.middle.north += fixed.north - this.northAt(y);
    }
    this.paint();
  }

  paint() {
    this.data.paint();
    this.overlay.paint();
  }

  get place() { return this.view.place; }
  x(east) { return this.data.width / 2 + (east - this.middle.east) * this.scale; }
  y(north) { return this.data.height / 2 - (north - this.middle.north) * this.scale; }
  eastAt(x) { return this.middle.east + (x - this.data.width / 2) / this.scale; }
  northAt(y) { return this.middle.north - (y - this.data.height / 2) / this.scale; }

  listen() {
    const canvas = this.overlay.canvas;
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      held = { x: event.offsetX, y: event.offsetY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const [dx, dy] = [event.offsetX - held.x, event.offsetY - held.y];
        if (!held.moved && Math.hypot(dx, dy) < 4) return;
        if (this.follows) this.setFollow(false);
        this.isFitted = false;
        this.middle.east -= dx / this.scale;
        this.middle.north += dy / this.scale;
        held = { x: event.offsetX, y: event.offsetY, moved: true };
        this.paint();
        return;
      }
      const nearest = this.nearest(event.offsetX, event.offsetY);
      if (nearest !== null) this.view.point(this.view.axis[nearest]);
    });
    canvas.addEventListener("pointerup", () => {
      if (held && !held.moved) this.view.pin(!this.view.isPinned);
      held = null;
    });
    canvas.addEventListener("dblclick", () => this.fit());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(1.0015 ** -event.deltaY, event.offsetX, event.offsetY);
    }, { passive: false });
  }

  /** The sample in the window whose place is nearest to the mouse, within 30 pixels. */
  nearest(x, y) {
    const from = placeOf(this.view.axis, this.view.from), to = placeOf(this.view.axis, this.view.to);
    const stride = Math.max(Math.floor((to - from) / 20000), 1);
    let best = null, least = 30 * 30;
    for (let i = from; i <= to; i += stride) {
      const [dx, dy] = [this.x(this.east[i]) - x, this.y(this.north[i]) - y];
      const distance = dx * dx + dy * dy;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  drawData(context, width, height) {
    if (!this.extent) return;
    if (!this.scale || (this.isFitted && (this.fittedWidth !== width))) {
      this.fittedWidth = width;
      this.fit();
      return;
    }
    this.drawGrid(context, width, height);
    this.drawZones(context);
    this.drawRoute(context);
    if (this.scale > 1.5) this.drawFixes(context, (e) => this.x(e), (n) => this.y(n), this.view.from, this.view.to, 2);
    if (this.trailer) this.drawTrack(context, this.trailer.east, this.trailer.north, "orange", 1);
    this.drawTrack(context, this.east, this.north, "blue", 2);
    this.drawLines(context);
    this.labels = new MapLabels(this, context, width, height);
    this.labels.draw();
  }

  drawGrid(context, width, height) {
    const step = markStep(width / this.scale, Math.max(width / 110, 2));
    context.strokeStyle = this.theme.colour("grid");
    context.lineWidth = 1;
    context.beginPath();
    for (let e = Math.ceil(this.eastAt(0) / step) * step; e < this.eastAt(width); e += step) {
      context.moveTo(Math.round(this.x(e)) + 0.5, 0);
      context.lineTo(Math.round(this.x(e)) + 0.5, height);
    }
    for (let n = Math.ceil(this.northAt(height) / step) * step; n < this.northAt(0); n += step) {
      context.moveTo(0, Math.round(this.y(n)) + 0.5);
      context.lineTo(width, Math.round(this.y(n)) + 0.5);
    }
    context.stroke();
  }

  drawZones(context) {
    const { zones } = this.drive.map;
    context.lineCap = "butt";
    context.lineJoin = "round";
    zones.forEach((zone, i) => {
      context.strokeStyle = this.theme.colour(`zone${i % 3}`);
      context.lineWidth = Math.max(9 * this.scale, 12);
      this.pathAlong(context, zone.from, zone.to);
      context.stroke();
    });
  }

  pathAlong(context, from, to) {
    const { station, east, north } = this.drive.route;
    if (station.length < 2) return;
    context.beginPath();
    const begin = this.drive.routePoint(Math.max(from, station[0]));
    context.moveTo(this.x(begin.east), this.y(begin.north));
    for (let i = placeOf(station, from) + 1; i < station.length && station[i] < to; i++) {
      context.lineTo(this.x(east[i]), this.y(north[i]));
    }
    const end = this.drive.routePoint(Math.min(to, station[station.length - 1]));
    context.lineTo(this.x(end.east), this.y(end.north));
  }

  drawRoute(context) {
    const { station } = this.drive.route;
    if (station.length < 2) return;
    context.strokeStyle = this.theme.colour("route");
    context.lineWidth = 1;
    context.setLineDash([6, 4]);
    this.pathAlong(context, station[0], station[station.length - 1]);
    context.stroke();
    context.setLineDash([]);
  }

  /** The whole faintly, what the window shows strongly. */
  drawTrack(context, east, north, colour, width) {
    const { axis, from, to } = this.view;
    const part = [placeOf(axis, from), placeOf(axis, to) + 1];
    context.strokeStyle = this.theme.colour(colour);
    for (const [range, alpha] of [[[0, east.length], 0.25], [part, 1]]) {
      context.globalAlpha = alpha;
      context.lineWidth = width;
      context.beginPath();
      let isDown = false, lastX = 0, lastY = 0;
      for (let i = range[0]; i < range[1]; i++) {
        if (Number.isNaN(east[i])) { isDown = false; continue; }
        const x = this.x(east[i]), y = this.y(north[i]);
        if (isDown && Math.abs(x - lastX) + Math.abs(y - lastY) < 0.7) continue;
        if (isDown) context.lineTo(x, y); else context.moveTo(x, y);
        [isDown, lastX, lastY] = [true, x, y];
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** Fixes are where the antenna was. */
  drawFixes(context, x, y, from, to, size) {
    const east = this.drive.column("fixEast"), north = this.drive.column("fixNorth");
    const refused = this.drive.column("fixRefused"), { axis } = this.view;
    for (let i = placeOf(axis, from); i <= Math.min(placeOf(axis, to), axis.length - 1); i++) {
      if (Number.isNaN(east[i])) continue;
      context.fillStyle = this.theme.colour(refused[i] > 0 ? "red" : "green");
      context.beginPath();
      context.arc(x(east[i]), y(north[i]), size, 0, 2 * Math.PI);
      context.fill();
    }
  }

  drawLines(context) {
    for (const line of this.drive.map.lines) {
      this.bar(context, line.limit, "red", 1, [3, 3]);
      this.bar(context, line.stopTarget, "red", 2.5, []);
    }
  }

  bar(context, station, colour, width, dash) {
    const point = this.drive.routePoint(station);
    if (!point) return;
    const half = Math.max(4.5 * this.scale, 8);
    const [dx, dy] = [-Math.sin(point.heading) * half, -Math.cos(point.heading) * half];
    context.strokeStyle = this.theme.colour(colour);
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(this.x(point.east) - dx, this.y(point.north) - dy);
    context.lineTo(this.x(point.east) + dx, this.y(point.north) + dy);
    context.stroke();
    context.setLineDash([]);
  }

  drawOverlay(context, width, height) {
    if (!this.extent || !this.scale) return;
    const place = this.place;
    if (!Number.isFinite(this.east[place])) return;
    this.drawTruck(context, place);
    const at = { x: this.x(this.east[place]), y: this.y(this.north[place]) };
    context.strokeStyle = this.theme.colour("cursor");
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(at.x, at.y, 5, 0, 2 * Math.PI);
    context.stroke();
    this.drawEllipse(context, place, at, this.scale);
    if (width > 330) this.drawCloseUp(context, place, width, height);
  }

  drawTruck(context, place) {
    const truck = this.drive.vehicle;
    const heading = this.drive.at("heading", place);
    const [east, north] = [this.east[place], this.north[place]];
    context.fillStyle = this.theme.colour("select");
    context.strokeStyle = this.theme.colour("ink");
    context.lineWidth = 1;
    const body = (e, n, angle, ahead, behind) => {
      const [c, s, half] = [Math.cos(angle), Math.sin(angle), truck.width / 2];
      context.beginPath();
      for (const [along, left] of [[ahead, half], [ahead, -half], [-behind, -half], [-behind, half]]) {
        context.lineTo(this.x(e + along * c - left * s), this.y(n + along * s + left * c));
      }
      context.closePath();
      context.fill();
      context.stroke();
    };
    if (this.trailer) {
      const angle = heading - (this.drive.at("articulation", place) || 0);
      // A semitrailer reaches about 1.6 m ahead of its king-pin.
      body(this.trailer.east[place], this.trailer.north[place], angle,
        truck.kingPinToAxle + 1.6, truck.axleToRear);
    }
    body(east, north, heading, truck.front, truck.rear);
  }

  /** Where the axle is with 95 %: 2.45 standard deviations of two numbers. */
  drawEllipse(context, place, at, scale) {
    const [se, sn] = [this.drive.at("sigmaEast", place), this.drive.at("sigmaNorth", place)];
    if (!Number.isFinite(se) || !Number.isFinite(sn)) return;
    const mixed = (this.drive.at("positionCorrelation", place) || 0) * se * sn;
    const half = (se * se - sn * sn) / 2, middle = (se * se + sn * sn) / 2;
    const spread = Math.hypot(half, mixed);
    const long = 2.45 * Math.sqrt(middle + spread) * scale;
    const short = 2.45 * Math.sqrt(Math.max(middle - spread, 0)) * scale;
    if (!(long > 1) || long > 1e5) return;
    context.strokeStyle = this.theme.colour("violet");
    context.lineWidth = 1.5;
    context.beginPath();
    context.ellipse(at.x, at.y, long, Math.max(short, 0.5), -Math.atan2(mixed, half) / 2, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 0.15;
    context.fillStyle = this.theme.colour("violet");
    context.fill();
    context.globalAlpha = 1;
  }

  /** Path, track, fixes and uncertainty within a metre or two: too small for the map. */
  drawCloseUp(context, place, width, height) {
    const size = Math.min(150, height * 0.36), [left, top] = [width - size - 10, height - size - 10];
    const sigma = Math.max(this.drive.at("sigmaEast", place) || 0, this.drive.at("sigmaNorth", place) || 0);
    const offset = Math.abs(this.drive.at("lateral", place) || 0);
    const half = [0.5, 1, 2, 5, 10, 20, 50, 100, 500].find((r) => r > 1.3 * Math.max(offset, 2.45 * sigma)) || 1000;
    const scale = size / 2 / half;
    const [e, n] = [this.east[place], this.north[place]];
    const x = (east) => left + size / 2 + (east - e) * scale;
    const y = (north) => top + size / 2 - (north - n) * scale;
    context.save();
    context.fillStyle = this.theme.colour("panel");
    context.strokeStyle = this.theme.colour("axis");
    context.beginPath();
    context.roundRect(left, top, size, size, 6);
    context.fill();
    context.stroke();
    context.clip();
    const point = this.drive.routePoint(this.drive.at("station", place));
    if (point && Number.isFinite(point.east)) {
      const [c, s] = [Math.cos(point.heading) * 4 * half, Math.sin(point.heading) * 4 * half];
      context.strokeStyle = this.theme.colour("route");
      context.setLineDash([6, 4]);
      context.beginPath();
      context.moveTo(x(point.east - c), y(point.north - s));
      context.lineTo(x(point.east + c), y(point.north + s));
      context.stroke();
      context.setLineDash([]);
    }
    context.strokeStyle = this.theme.colour("blue");
    context.lineWidth = 1.5;
    context.beginPath();
    const near = [placeOf(this.view.axis, this.view.cursor - 15), placeOf(this.view.axis, this.view.cursor + 15)];
    for (let i = near[0]; i <= near[1]; i++) context.lineTo(x(this.east[i]), y(this.north[i]));
    context.stroke();
    if (!this.drive.vehicle.antennaForward && !this.drive.vehicle.antennaLeft) {
      this.drawFixes(context, x, y, this.view.cursor - 15, this.view.cursor + 15, 2);
    }
    this.drawEllipse(context, place, { x: x(e), y: y(n) }, scale);
    context.fillStyle = this.theme.colour("ink");
    context.beginPath();
    context.arc(x(e), y(n), 3, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = this.theme.colour("muted");
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(`${2 * half} m across`, left + 6, top + 5);
    context.restore();
  }
}
