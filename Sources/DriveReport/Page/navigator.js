/** The whole drive in a strip that stays in sight: its window can be dragged, its time axis read. */
class Navigator {
  constructor(view, theme, { values, events = [], label, isClock = true }) {
    this.view = view;
    this.theme = theme;
    this.extremes = new Extremes(values);
    this.values = values;
    this.events = events;
    this.isClock = isClock;
    this.whole = new Surface(theme, "whole", (...all) => this.drawWhole(...all));
    this.axis = new Surface(theme, "axis", (...all) => this.drawAxis(...all));
    this.whole.canvas.setAttribute("aria-label", label);
    this.listen();
    const act = (text, title, click) => element("button", { type: "button", title, click }, text);
    this.node = element("nav", { id: "navigator" },
      element("div", { class: "strip" }, this.whole.canvas),
      element("div", { class: "strip axis" }, this.axis.canvas),
      element("div", { class: "acts" },
        act("−", "wider (−)", () => view.zoom(2)), act("+", "narrower (+)", () => view.zoom(0.5)),
        act("all", "the whole drive (0)", () => view.showAll())));
    view.onWindow(() => { this.whole.paint(); this.axis.paint(); });
    view.onCursor(() => { this.whole.paint(); this.axis.paint(); });
  }

  listen() {
    const canvas = this.whole.canvas;
    let grip = null;
    canvas.addEventListener("pointerdown", (event) => {
      const at = this.at(event.offsetX);
      const { from, to } = this.view;
      const near = 6 / this.scale;
      if (Math.abs(at - from) < near) grip = { edge: "from" };
      else if (Math.abs(at - to) < near) grip = { edge: "to" };
      else {
        if (at < from || at > to) this.view.show(at - (to - from) / 2, at + (to - from) / 2);
        grip = { offset: at - this.view.from };
      }
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const at = this.at(event.offsetX);
      if (!grip) { this.view.point(at); return; }
      const { from, to } = this.view;
      if (grip.edge === "from") this.view.show(Math.min(at, to - this.view.narrowest), to);
      else if (grip.edge === "to") this.view.show(from, Math.max(at, from + this.view.narrowest));
      else this.view.show(at - grip.offset, at - grip.offset + (to - from));
    });
    canvas.addEventListener("pointerup", () => { grip = null; });
    canvas.addEventListener("dblclick", () => this.view.showAll());
    for (const [target, place] of [[canvas, (x) => this.at(x)],
      [this.axis.canvas, (x) => new Span(this.view, this.axis.width).at(x)]]) {
      target.addEventListener("wheel", (event) => {
        event.preventDefault();
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.view.pan(event.deltaX / this.whole.width);
        else this.view.zoom(1.0015 ** event.deltaY, place(event.offsetX));
      }, { passive: false });
    }
    this.selection = listenToAxis(this.view, this.axis.canvas, this.axis);
  }

  get left() { return gutter(this.whole.width); }
  get scale() {
    const [low, high] = this.view.whole;
    return (this.whole.width - RIGHT_EDGE - this.left) / (high - low);
  }
  at(x) { return this.view.whole[0] + (x - this.left) / this.scale; }
  x(at) { return this.left + (at - this.view.whole[0]) * this.scale; }

  drawWhole(context, width, height) {
    const right = width - RIGHT_EDGE, top = 5;
    context.fillStyle = this.theme.colour("sunken");
    context.fillRect(this.left, 0, right - this.left, height);
    context.fillStyle = this.theme.colour("select");
    const from = this.x(this.view.from), to = this.x(this.view.to);
    context.fillRect(from, 0, to - from, height);
    const { high } = this.extremes.between(0, this.values.length);
    context.fillStyle = this.theme.colour("blue");
    context.globalAlpha = 0.75;
    for (let x = Math.ceil(this.left); x < right; x++) {
      const first = placeOf(this.view.axis, this.at(x));
      const next = Math.max(placeOf(this.view.axis, this.at(x + 1)), first + 1);
      const found = this.extremes.between(first, Math.min(next, this.values.length));
      const tall = (height - top - 3) * Math.max(found.high, 0) / (high > 0 ? high : 1);
      if (tall > 0) context.fillRect(x, height - 1 - tall, 1, tall);
    }
    context.globalAlpha = 1;
    for (const event of this.events) {
      if (event.attention < 3) continue;
      context.fillStyle = this.theme.colour(event.attention === 4 ? "red" : "orange");
      context.fillRect(this.x(event.at) - 1, 0, 2, top);
    }
    context.strokeStyle = this.theme.colour("cursor");
    context.lineWidth = 1;
    context.strokeRect(Math.round(from) + 0.5, 0.5, Math.max(Math.round(to - from) - 1, 1), height - 1);
    context.beginPath();
    context.moveTo(this.x(this.view.cursor), 0);
    context.lineTo(this.x(this.view.cursor), height);
    context.stroke();
  }

  drawAxis(context, width, height) {
    const span = new Span(this.view, width);
    const found = marks(this.view.from, this.view.to, (span.right - span.left) / 90, this.isClock);
    drawMarks(context, this.theme, span, found, this.isClock, height / 2);
    drawSelection(context, this.theme, this.selection, span, height);
    const x = span.x(this.view.cursor);
    if (x < span.left || x > span.right) return;
    const text = this.isClock ? clock(this.view.cursor, 2) : shown(this.view.cursor, 1, "m");
    const wide = context.measureText(text).width + 10;
    const place = Math.min(Math.max(x - wide / 2, span.left), span.right - wide);
    context.fillStyle = this.theme.colour("cursor");
    context.fillRect(place, 1, wide, height - 2);
    context.fillStyle = this.theme.colour("panel");
    context.textAlign = "center";
    context.fillText(text, place + wide / 2, height / 2);
  }
}
