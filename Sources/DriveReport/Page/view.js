/** What all parts of a page share: the window they show and the place of the cursor on its axis. */
class View {
  constructor(axis) {
    this.axis = axis;
    const low = axis.length ? axis[0] : 0;
    const high = axis.length ? axis[axis.length - 1] : 0;
    this.whole = [low, high > low ? high : low + 1];
    this.from = this.whole[0];
    this.to = this.whole[1];
    this.cursor = this.from;
    this.isPinned = false;
    this.windowListeners = [];
    this.cursorListeners = [];
    this.pending = new Set();
  }

  /** The least that makes sense: a few cycles. */
  get narrowest() { return Math.min(0.1, this.whole[1] - this.whole[0]); }

  onWindow(listener) { this.windowListeners.push(listener); }
  onCursor(listener) { this.cursorListeners.push(listener); }

  /** Once a frame, however often the mouse moves. */
  notify(what) {
    if (this.pending.size === 0) requestAnimationFrame(() => this.deliver());
    this.pending.add(what);
  }

  deliver() {
    const what = new Set(this.pending);
    this.pending.clear();
    if (what.has("window")) this.windowListeners.forEach((listener) => listener());
    this.cursorListeners.forEach((listener) => listener());
  }

  show(from, to) {
    const [low, high] = this.whole;
    const width = Math.min(Math.max(to - from, this.narrowest), high - low);
    this.from = Math.min(Math.max(from, low), high - width);
    this.to = this.from + width;
    this.notify("window");
  }

  showAll() { this.show(...this.whole); }

  /** Keeps `at` where it is while the window becomes `factor` times as wide. */
  zoom(factor, at = this.cursor) {
    const fixed = Math.min(Math.max(at, this.from), this.to);
    this.show(fixed - (fixed - this.from) * factor, fixed + (this.to - fixed) * factor);
  }

  pan(share) {
    const step = share * (this.to - this.from);
    this.show(this.from + step, this.to + step);
  }

  /** Follows the mouse, unless the cursor is pinned. */
  point(at) { if (!this.isPinned) this.move(at); }

  move(at) {
    this.cursor = Math.min(Math.max(at, this.whole[0]), this.whole[1]);
    this.notify("cursor");
  }

  /** Goes to a time and stays there. */
  jump(at) {
    this.isPinned = true;
    this.move(at);
    if (this.cursor < this.from || this.cursor > this.to) {
      const half = (this.to - this.from) / 2;
      this.show(this.cursor - half, this.cursor + half);
    }
  }

  pin(isPinned) {
    this.isPinned = isPinned;
    this.notify("cursor");
  }

  /** Of the sample at the cursor. */
  get place() { return placeOf(this.axis, this.cursor); }

  step(count) {
    const place = Math.min(Math.max(this.place + count, 0), this.axis.length - 1);
    this.jump(this.axis[place]);
  }
}

/** Round steps for about so many marks: 1, 2 or 5 times a power of ten, or parts of a minute. */
function markStep(range, count, isClock = false) {
  const rough = range / Math.max(count, 1);
  if (isClock && rough > 5) {
    return [10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200].find((step) => step >= rough) || 14400;
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((step) => step * power >= rough * 0.999);
  return unit * power;
}

function marks(from, to, count, isClock = false) {
  const step = markStep(to - from, count, isClock);
  const list = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * step && list.length < 100; i++) {
    list.push(i * step);
  }
  return { step, list };
}

/** A canvas that is as sharp as the screen; drawn anew when its size or the colours change. */
class Surface {
  constructor(theme, className, draw) {
    this.canvas = element("canvas", { class: className });
    this.draw = draw;
    this.width = 0;
    this.height = 0;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.canvas);
    this.isSeen = true;
    this.sight = new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting;
      if (this.isSeen && this.isStale) this.paint();
    }, { rootMargin: "300px" });
    this.sight.observe(this.canvas);
    theme.listeners.push(() => this.paint());
  }

  fit() {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width || !box.height) return;
    this.ratio = window.devicePixelRatio || 1;
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.round(box.width * this.ratio);
    this.canvas.height = Math.round(box.height * this.ratio);
    this.paint();
  }

  /** What is out of sight is drawn when it comes into it. */
  paint() {
    this.isStale = !this.isSeen;
    if (!this.width || this.isStale) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = "11px system-ui, sans-serif";
    this.draw(context, this.width, this.height);
  }
}

/** The left edge of what is drawn over the axis: the same for all, so that they align. */
function gutter(width) { return width < 620 ? 58 : 112; }
const RIGHT_EDGE = 10;

/** From the axis to pixels and back. */
class Span {
  constructor(view, width) {
    this.view = view;
    this.left = gutter(width);
    this.right = width - RIGHT_EDGE;
    this.scale = (this.right - this.left) / (view.to - view.from);
  }
  x(at) { return this.left + (at - this.view.from) * this.scale; }
  at(x) { return this.view.from + (x - this.left) / this.scale; }
}

/** Hovering moves the cursor, dragging selects a window, a click pins, a double click shows all. */
function listenToAxis(view, canvas, surface, { click } = {}) {
  let begun = null;
  const span = () => new Span(view, surface.width);
  const x = (event) => event.clientX - canvas.getBoundingClientRect().left;
  const selection = { from: 0, to: 0, isOn: false };
  canvas.addEventListener("pointermove", (event) => {
    view.point(span().at(x(event)));
    if (begun === null) return;
    selection.isOn = Math.abs(x(event) - begun) > 4;
    selection.from = Math.min(begun, x(event));
    selection.to = Math.max(begun, x(event));
    view.notify("cursor");
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    begun = x(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (begun === null) return;
    begun = null;
    if (selection.isOn) {
      selection.isOn = false;
      view.show(span().at(selection.from), span().at(selection.to));
    } else if (!click || !click(x(event), event.offsetY)) {
      view.pin(!view.isPinned);
      if (view.isPinned) view.move(span().at(x(event)));
    }
  });
  canvas.addEventListener("dblclick", () => view.showAll());
  canvas.addEventListener("wheel", (event) => {
    // Without a key the wheel scrolls the page, as everywhere.
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan(event.deltaX / surface.width);
    } else if (event.ctrlKey || event.shiftKey || event.altKey || event.metaKey) {
      event.preventDefault();
      view.zoom(1.0015 ** event.deltaY, span().at(x(event)));
    }
  }, { passive: false });
  return selection;
}
