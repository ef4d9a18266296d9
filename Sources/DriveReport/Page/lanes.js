/** States over the axis: a row of named bars for each. */
class Lanes {
  static ROW = 22;

  constructor(view, theme, lanes) {
    this.view = view;
    this.theme = theme;
    this.lanes = lanes;
    this.data = new Surface(theme, "data", (...all) => this.drawData(...all));
    this.overlay = new Surface(theme, "overlay", (context, width, height) => {
      const span = new Span(view, width);
      drawSelection(context, theme, this.selection, span, height);
      drawCursor(context, theme, view, span, height);
    });
    this.selection = listenToAxis(view, this.overlay.canvas, this.overlay, {
      click: (x, y) => this.click(x, y),
    });
    this.overlay.canvas.addEventListener("pointermove", (event) => {
      const bar = this.barAt(event.offsetX, event.offsetY);
      this.overlay.canvas.title = bar ? Lanes.title(bar) : "";
      this.overlay.canvas.style.cursor = bar ? "pointer" : "crosshair";
    });
    this.reading = element("output", {});
    this.node = element("figure", { class: "plot lanes", id: "states" },
      element("figcaption", {}, element("span", { class: "title" }, "States"),
        element("span", { class: "legend" }, element("span", { class: "key" }, this.reading))),
      element("div", { class: "frame", style: `height:${lanes.length * Lanes.ROW + 4}px` },
        this.data.canvas, this.overlay.canvas));
    view.onWindow(() => this.data.paint());
    view.onCursor(() => {
      this.reading.textContent = this.states(view.cursor).join(" · ");
      this.overlay.paint();
    });
  }

  static title(bar) { return `${bar.text}: ${clock(bar.from)} to ${clock(bar.to)} (${shown(bar.to - bar.from, 2, "s")})`; }

  static barOf(lane, at) { return lane.bars.findLast((bar) => bar.from <= at && at <= bar.to); }

  states(at) {
    return this.lanes.map((lane) => Lanes.barOf(lane, at)?.text).filter(Boolean);
  }

  barAt(x, y) {
    const lane = this.lanes[Math.floor((y - 2) / Lanes.ROW)];
    if (!lane) return null;
    const span = new Span(this.view, this.overlay.width);
    // Half a pixel of what is drawn at least one pixel wide.
    return lane.bars.find((bar) => span.x(bar.from) - 1 <= x && x <= Math.max(span.x(bar.to), span.x(bar.from) + 2));
  }

  click(x, y) {
    const bar = this.barAt(x, y);
    if (bar) this.view.jump(bar.from);
    return Boolean(bar);
  }

  drawData(context, width, height) {
    const span = new Span(this.view, width);
    context.textBaseline = "middle";
    this.lanes.forEach((lane, row) => {
      const top = 2 + row * Lanes.ROW;
      context.fillStyle = this.theme.colour("muted");
      context.textAlign = "right";
      // Drawn narrower rather than cut.
      context.fillText(lane.name, span.left - 6, top + Lanes.ROW / 2, span.left - 10);
      context.strokeStyle = this.theme.colour("grid");
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(span.left, top + Lanes.ROW - 0.5);
      context.lineTo(span.right, top + Lanes.ROW - 0.5);
      context.stroke();
      lane.bars.forEach((bar, i) => this.drawBar(context, span, bar, i, top));
      lane.bars.forEach((bar, i) => this.drawText(context, span, lane, i, top + Lanes.ROW / 2));
    });
  }

  drawBar(context, span, bar, index, top) {
    const from = Math.max(span.x(bar.from), span.left);
    const to = Math.min(Math.max(span.x(bar.to), span.x(bar.from) + 1.5), span.right);
    if (to <= from) return;
    const kind = ["none", "good", "notice", "warning", "alarm"][bar.attention];
    context.fillStyle = this.theme.colour(`state-${kind}`);
    context.globalAlpha = kind === "none" && index % 2 ? 0.6 : 1;
    context.fillRect(from, top + 2, to - from - (to - from > 4 ? 1 : 0), Lanes.ROW - 5);
    context.globalAlpha = 1;
  }

  /** In its bar; where that is too short, beside it in free room, or before it over a long bar. */
  drawText(context, span, lane, index, y) {
    const bar = lane.bars[index], next = lane.bars[index + 1], before = lane.bars[index - 1];
    const from = Math.max(span.x(bar.from), span.left), to = Math.min(span.x(bar.to), span.right);
    // A fault's bars say no more than the name of their row.
    if (to < span.left || from > span.right || bar.text === lane.name) return;
    const wide = context.measureText(bar.text).width;
    const free = (next ? Math.min(span.x(next.from), span.right) : span.right) - to;
    const isStrong = bar.attention >= 3;
    context.fillStyle = this.theme.colour("ink");
    context.textAlign = "left";
    if (wide <= to - from - 8) {
      if (isStrong) context.fillStyle = this.theme.colour("state-text");
      context.fillText(bar.text, from + 5, y);
    } else if (free > wide + 8) {
      context.fillText(bar.text, to + 4, y);
    } else if (isStrong && from - Math.max(before ? span.x(before.from) : span.left, span.left)
      > wide + 24 + (before ? context.measureText(before.text).width : 0)) {
      context.textAlign = "right";
      context.fillText(`${bar.text} ▸`, from - 4, y);
    } else if (wide <= 2 * (to - from - 8)) {
      // Drawn narrower rather than cut; what is shorter still, the mouse tells.
      if (isStrong) context.fillStyle = this.theme.colour("state-text");
      context.fillText(bar.text, from + 5, y, to - from - 8);
    }
  }
}
