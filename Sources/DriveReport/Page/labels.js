/** What is written on the map: names beside the route, where they find room, the scale, and north. */
class MapLabels {
  constructor(map, context, width, height) {
    Object.assign(this, { map, context, width, height });
    this.colour = (name) => map.theme.colour(name);
    this.path = this.pathBoxes();
    /** Of each name that was placed. */
    this.boxes = [];
  }

  /** Hold lines first: where there is no room, a zone goes without a name. */
  draw() {
    const { drive } = this.map;
    for (const line of drive.map.lines) {
      const point = drive.routePoint(line.stopTarget);
      if (point) this.label(line.name, point, "ink", 9);
    }
    for (const zone of drive.map.zones) {
      const point = drive.routePoint((zone.from + zone.to) / 2);
      if (point) this.label(zone.name, point, "muted", 4);
    }
    this.drawScale();
    this.drawNorth();
  }

  /** Where the path is in pixels, with room for its lines. */
  pathBoxes() {
    const { station, east, north } = this.map.drive.route;
    const boxes = [];
    let last = null;
    for (let i = 0; i < station.length; i++) {
      const [x, y] = [this.map.x(east[i]), this.map.y(north[i])];
      if (x < -50 || y < -50 || x > this.width + 50 || y > this.height + 50) continue;
      if (last && Math.hypot(x - last[0], y - last[1]) < 6) continue;
      last = [x, y];
      boxes.push([x - 7, y - 7, x + 7, y + 7]);
    }
    return boxes;
  }

  /** Not under the buttons, nor under the arrow to the north. */
  isFree(box) {
    const corners = [[0, 0, 190, 36], [this.width - 40, 0, this.width, 42]];
    return ![corners, this.boxes, this.path].some((list) => list.some((other) =>
      other[0] < box[2] && box[0] < other[2] && other[1] < box[3] && box[1] < other[3]));
  }

  /** Beside a point of the route, as near as neither the path nor another label is in its way. */
  label(name, point, colour, reach) {
    const { context, width, height } = this;
    const text = clipped(context, name, 140);
    const half = context.measureText(text).width / 2;
    const [px, py] = [this.map.x(point.east), this.map.y(point.north)];
    if (px < 0 || py < 0 || px > width || py > height) return;
    const away = [-Math.sin(point.heading), -Math.cos(point.heading)];
    for (let step = 0; step < 2 * reach; step++) {
      const side = step % 2 ? -1 : 1, far = 18 + 10 * (step >> 1);
      const x = Math.min(Math.max(px + side * away[0] * (far + half), half + 4), width - half - 4);
      const y = Math.min(Math.max(py + side * away[1] * far, 9), height - 9);
      const box = [x - half - 3, y - 7, x + half + 3, y + 7];
      if (!this.isFree(box)) continue;
      this.boxes.push(box);
      if (far > 18) {
        context.strokeStyle = this.colour("faint");
        context.lineWidth = 1;
        context.beginPath();
        context.moveTo(px + side * away[0] * 9, py + side * away[1] * 9);
        context.lineTo(Math.min(Math.max(px, box[0]), box[2]), y < py ? box[3] : box[1]);
        context.stroke();
      }
      context.fillStyle = this.colour(colour);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, x, y);
      return;
    }
  }

  drawScale() {
    const { context } = this;
    const length = markStep(this.width / this.map.scale, 5);
    const wide = length * this.map.scale;
    const [x, y] = [14, this.height - 14];
    context.strokeStyle = context.fillStyle = this.colour("muted");
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x, y);
    context.lineTo(x + wide, y);
    context.lineTo(x + wide, y - 4);
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(`${shown(length, length < 1 ? 1 : 0)} m`, x + 4, y - 3);
  }

  drawNorth() {
    const { context } = this;
    const x = this.width - 18;
    context.fillStyle = this.colour("muted");
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText("N", x, 22);
    context.beginPath();
    context.moveTo(x, 25);
    context.lineTo(x - 4, 37);
    context.lineTo(x, 34);
    context.lineTo(x + 4, 37);
    context.fill();
  }
}

/** As much of a text as fits. */
function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let length = Math.max(Math.floor(text.length * width / context.measureText(text).width), 0);
  while (length > 0 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return length > 0 ? `${text.slice(0, length)}…` : "";
}
