/** Quantities over the axis of a view: lines, steps or points, with limits and values at the cursor. */
class Plot {
  /**
   * `series`: {name, values, colour, kind: "line" | "step" | "points", width, dash, decimals}.
   * `guides`: {at, colour, name} across the plot, each name once in the legend; `include`: what the scale must show; `least`: the
   * smallest range, so that noise does not fill the plot; `highest`: where the scale ends at most.
   * A series that is `upper` shows only its highest value where many samples share a column.
   */
  constructor(view, theme, options) {
    Object.assign(this, { guides: [], include: [], least: 0, highest: Infinity }, options);
    this.view = view;
    this.theme = theme;
    for (const one of this.series) {
      one.axis = one.axis || view.axis;
      one.extremes = new Extremes(one.values);
      one.isShown = true;
    }
    this.isEmpty = !this.series.some((one) => one.values.some(Number.isFinite));
    this.range = { low: 0, high: 1 };
    this.build();
    view.onWindow(() => this.data.paint());
    view.onCursor(() => this.showCursor());
  }

  /** What the labels of the axis take below the plot. */
  static FOOT = 15;

  build() {
    this.data = new Surface(this.theme, "data", (...all) => this.drawData(...all));
    this.overlay = new Surface(this.theme, "overlay", (...all) => this.drawOverlay(...all));
    this.selection = listenToAxis(this.view, this.overlay.canvas, this.overlay);
    const frame = element("div", { class: "frame", style: `height:${this.isEmpty ? 36 : (this.height || 120) + Plot.FOOT}px` },
      this.data.canvas, this.overlay.canvas,
      this.isEmpty ? element("p", { class: "nothing" }, this.empty || "not in this recording") : null);
    this.node = element("figure", { class: "plot", id: this.id },
      element("figcaption", {}, element("span", { class: "title" }, this.title),
        this.unit ? element("span", { class: "unit" }, this.unit) : null,
        element("span", { class: "legend" }, this.guideLegend(), this.series.map((one) => this.legend(one)))),
      frame);
    if (this.note) this.node.title = this.note;
  }

  guideLegend() {
    if (this.isEmpty) return [];
    const named = this.guides.filter((guide, i) => guide.name
      && this.guides.findIndex((other) => other.name === guide.name) === i);
    return named.map((guide) => element("span", { class: "key guide" },
      element("i", { style: `--key:var(--${guide.colour})`, class: "dashed" }), guide.name));
  }

  legend(one) {
    one.reading = element("output", {});
    const key = element("button", {
      type: "button", class: `key ${one.kind || "line"}`, "aria-pressed": "true",
      title: `show or hide ${one.name}`,
      click: () => {
        one.isShown = !one.isShown;
        key.setAttribute("aria-pressed", one.isShown);
        this.data.paint();
        this.overlay.paint();
      },
    }, element("i", { style: `--key:var(--${one.colour})`, class: one.dash ? "dashed" : "" }),
    one.name, one.reading);
    return key;
  }

  /** The samples that the window shows, and one beyond each edge. */
  samples(one) {
    const from = Math.max(placeOf(one.axis, this.view.from), 0);
    const to = Math.min(placeOf(one.axis, this.view.to) + 2, one.axis.length);
    return { from, to };
  }

  measure() {
    let low = Infinity, high = -Infinity;
    for (const one of this.series) {
      if (!one.isShown || one.followsScale) continue;
      const { from, to } = this.samples(one);
      const found = one.extremes.between(from, to);
      low = Math.min(low, found.low);
      high = Math.max(high, found.high);
    }
    for (const at of this.include) {
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
    if (low > high) [low, high] = [0, 1];
    high = Math.min(high, this.highest);
    low = Math.min(low, high);
    if (high - low < this.least && low === 0) high = this.least;
    if (high - low < this.least) {
      const middle = (low + high) / 2;
      [low, high] = [middle - this.least / 2, middle + this.least / 2];
    }
    const margin = (high - low || 1) * 0.06;
    this.range = { low: low - (low === 0 ? 0 : margin), high: high + margin };
  }

  y(value, height) {
    const { low, high } = this.range;
    return 4 + (height - 8 - Plot.FOOT) * (1 - (value - low) / (high - low));
  }

  drawData(context, width, height) {
    if (this.isEmpty) return;
    this.measure();
    const span = new Span(this.view, width);
    this.drawBands(context, span, height - Plot.FOOT);
    this.drawGrid(context, span, width, height);
    context.save();
    context.beginPath();
    context.rect(span.left, 0, span.right - span.left, height - Plot.FOOT);
    context.clip();
    for (const guide of this.guides) this.drawGuide(context, span, guide, height);
    for (const one of this.series) {
      if (!one.isShown) continue;
      context.strokeStyle = context.fillStyle = this.theme.colour(one.colour);
      context.lineWidth = one.width || 1.4;
      context.setLineDash(one.dash || []);
      context.lineJoin = "round";
      if (one.kind === "points") this.drawPoints(context, span, one, height);
      else this.drawLine(context, span, one, height);
    }
    context.restore();
  }

  /** Where the truck stood, or whatever the page marks on its axis. */
  drawBands(context, span, height) {
    context.fillStyle = this.theme.colour("sunken");
    for (const band of this.bands || []) {
      const from = Math.max(span.x(band.from), span.left), to = Math.min(span.x(band.to), span.right);
      if (to > from) context.fillRect(from, 0, to - from, height);
    }
  }

  drawGrid(context, span, width, height) {
    const { low, high } = this.range;
    let { list, step } = marks(low, high, Math.max(2, (height - Plot.FOOT) / 34));
    // One mark alone tells no scale.
    for (let count = 3; list.length < 3 && count <= 12; count *= 2) ({ list, step } = marks(low, high, count));
    const decimals = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 6);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.lineWidth = 1;
    for (const mark of list) {
      const y = Math.round(this.y(mark, height)) + 0.5;
      context.strokeStyle = this.theme.colour(Math.abs(mark) < step / 1e6 && low < 0 ? "axis" : "grid");
      context.beginPath();
      context.moveTo(span.left, y);
      context.lineTo(span.right, y);
      context.stroke();
      context.fillStyle = this.theme.colour("muted");
      context.fillText(shown(mark, decimals), span.left - 6, Math.min(Math.max(y, 6), height - Plot.FOOT - 4));
    }
    context.strokeStyle = this.theme.colour("grid");
    const times = marks(this.view.from, this.view.to, (span.right - span.left) / 90, this.isClock);
    context.beginPath();
    for (const mark of times.list) {
      const x = Math.round(span.x(mark)) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height - Plot.FOOT);
    }
    context.stroke();
    drawMarks(context, this.theme, span, times, this.isClock, height - 7);
  }

  drawGuide(context, span, guide, height) {
    context.strokeStyle = this.theme.colour(guide.colour || "orange");
    context.lineWidth = 1;
    context.setLineDash([5, 4]);
    const y = Math.round(this.y(guide.at, height)) + 0.5;
    context.beginPath();
    context.moveTo(span.left, y);
    context.lineTo(span.right, y);
    context.stroke();
    context.setLineDash([]);
  }

  /** Every sample where there are few; else first, lowest, highest and last of each column. */
  drawLine(context, span, one, height) {
    const { from, to } = this.samples(one);
    const columns = Math.max(span.right - span.left, 1) * (window.devicePixelRatio || 1);
    const isStep = one.kind === "step";
    let isDown = false, lastY = 0;
    context.beginPath();
    const go = (x, value) => {
      if (Number.isNaN(value)) { isDown = false; return; }
      const y = Math.min(Math.max(this.y(value, height), -1e4), 1e4);
      if (!isDown) context.moveTo(x, y);
      else {
        if (isStep) context.lineTo(x, lastY);
        context.lineTo(x, y);
      }
      isDown = true;
      lastY = y;
    };
    if (to - from < 3 * columns) {
      for (let i = from; i < to; i++) go(span.x(one.axis[i]), one.values[i]);
    } else {
      for (let column = 0, i = from; column < columns && i < to; column++) {
        const end = this.view.from + (column + 1) / columns * (this.view.to - this.view.from);
        const next = column + 1 >= columns ? to : Math.max(placeOf(one.axis, end) + 1, i);
        if (next === i) continue;
        const { low, high } = one.extremes.between(i, next);
        const x = span.left + (column + 0.5) / columns * (span.right - span.left);
        go(x, one.values[i]);
        if (one.upper) {
          go(x, low <= high ? high : NaN);
          i = next;
          continue;
        }
        if (low <= high) {
          go(x, low);
          go(x, high);
        }
        go(x, one.values[next - 1]);
        i = next;
      }
    }
    context.stroke();
  }

  drawPoints(context, span, one, height) {
    const { from, to } = this.samples(one);
    const size = to - from > 20000 ? 1.2 : 2;
    const marked = one.marked && this.theme.colour("red");
    const plain = context.fillStyle;
    let wasMarked = false;
    for (let i = from; i < to; i++) {
      const value = one.values[i];
      if (Number.isNaN(value)) continue;
      const isMarked = marked && one.marked[i] > 0;
      // Naming a colour costs more than drawing a point.
      if (isMarked !== wasMarked) context.fillStyle = isMarked ? marked : plain;
      wasMarked = isMarked;
      const y = Math.max(this.y(value, height), 2);
      const side = isMarked ? size + 1.5 : size;
      context.fillRect(span.x(one.axis[i]) - side / 2, y - side / 2, side, side);
    }
  }

  /** The sample at the cursor; of points the last one before it. */
  placeAt(one, at) {
    let place = placeOf(one.axis, at);
    if (one.kind === "points") {
      for (let back = 0; back < 200 && place > 0 && Number.isNaN(one.values[place]); back++) place--;
    }
    return place;
  }

  showCursor() {
    for (const one of this.series) {
      const value = one.values[this.placeAt(one, this.view.cursor)];
      one.reading.textContent = shown(value, one.decimals ?? 2);
    }
    this.overlay.paint();
  }

  drawOverlay(context, width, height) {
    const span = new Span(this.view, width);
    drawSelection(context, this.theme, this.selection, span, height);
    if (!drawCursor(context, this.theme, this.view, span, height)) return;
    for (const one of this.series) {
      if (!one.isShown || this.isEmpty) continue;
      const place = this.placeAt(one, this.view.cursor);
      const value = one.values[place];
      const y = this.y(value, height);
      if (!Number.isFinite(y) || y < 0 || y > height - Plot.FOOT) continue;
      context.beginPath();
      const x = one.kind === "points" ? span.x(one.axis[place]) : span.x(this.view.cursor);
      if (x < span.left) continue;
      context.arc(x, y, 3, 0, 2 * Math.PI);
      context.fillStyle = this.theme.colour(one.colour);
      context.strokeStyle = this.theme.colour("panel");
      context.lineWidth = 1.5;
      context.fill();
      context.stroke();
    }
  }
}

/** The labels of an axis: times, or metres along the path. */
function drawMarks(context, theme, span, { list, step }, isClock, y) {
  const decimals = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 3);
  context.fillStyle = theme.colour("muted");
  context.textBaseline = "middle";
  for (const mark of list) {
    const x = span.x(mark);
    context.textAlign = x < span.left + 14 ? "left" : x > span.right - 14 ? "right" : "center";
    context.fillText(isClock ? clock(mark, decimals) : `${shown(mark, decimals)} m`, x, y);
  }
}

/** Answers whether the cursor is in the window. */
function drawCursor(context, theme, view, span, height) {
  const x = span.x(view.cursor);
  if (x < span.left - 1 || x > span.right + 1) return false;
  context.strokeStyle = theme.colour("cursor");
  context.lineWidth = view.isPinned ? 1.5 : 1;
  context.setLineDash(view.isPinned ? [] : [3, 3]);
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, 0);
  context.lineTo(Math.round(x) + 0.5, height);
  context.stroke();
  context.setLineDash([]);
  return true;
}

function drawSelection(context, theme, selection, span, height) {
  if (!selection.isOn) return;
  context.fillStyle = theme.colour("select");
  const from = Math.max(selection.from, span.left), to = Math.min(selection.to, span.right);
  context.fillRect(from, 0, to - from, height);
}
