"""What a report shows in a real Chromium, as JSON for ReportCommandTests.

usage: report_in_chromium.py drive PAGE RECORDING | compare PAGE | glance PAGE
"""

import json
import pathlib
import sys

from chromium import Page, executable

# How many pixels of each plot are drawn on, and a number that any change of them changes.
DRAWN = """[...document.querySelectorAll('figure canvas.data')].map((canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0, hash = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]) { count++; hash = (hash * 31 + i + data[i] + 7 * data[i + 1]) >>> 0; }
  }
  return {id: canvas.closest('figure').id, count, hash,
          isEmpty: !!canvas.parentNode.querySelector('.nothing')};
})"""
READINGS = """Object.fromEntries([...document.querySelectorAll('figure.plot')]
  .map((plot) => [plot.id, [...plot.querySelectorAll('output')].map((o) => o.textContent)]))"""
PANEL = """Object.fromEntries([...document.querySelectorAll('#readings > div')]
  .map((row) => row.textContent).map((text, i) => [
    document.querySelectorAll('#readings dt')[i].textContent,
    document.querySelectorAll('#readings dd')[i].textContent]))"""
# One sample of 60,000 stands out: it must be seen, however little room there is.
SPIKE = """(async () => {
  const axis = Float64Array.from({length: 60000}, (_, i) => i / 100);
  const values = new Float64Array(60000);
  values[31417] = 5;
  const view = new View(axis);
  const plot = new Plot(view, report.theme, {id: 'spike', title: 'spike', height: 100,
    series: [{name: 'spike', values, colour: 'red'}]});
  document.body.append(plot.node);
  view.showAll();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let i = 0; i < 4; i++) await frame();
  const {canvas} = plot.data;
  const x = Math.round(new Span(view, canvas.width).x(314.17));
  const y = Math.round(plot.y(4.5, canvas.height));
  const {data} = canvas.getContext('2d').getImageData(x - 2, y, 5, 1);
  plot.node.remove();
  return data.some((value, i) => i % 4 === 3 && value > 0 && data[i - 3] > data[i - 1] + 30);
})()"""


# What is written on the canvases: marks of the scales, cut names, labels of the map.
TEXTS = """(() => {
  const written = [], proto = CanvasRenderingContext2D.prototype, plain = proto.fillText;
  proto.fillText = function (text, x, y, ...rest) {
    written.push({id: this.canvas.closest('figure')?.id, align: this.textAlign, text, x});
    plain.call(this, text, x, y, ...rest);
  };
  report.page.plots.forEach((plot) => plot.data.paint());
  report.page.lanes.data.paint();
  report.page.map.data.paint();
  proto.fillText = plain;
  const map = report.page.map, ticks = {};
  for (const plot of report.page.plots) {
    if (plot.isEmpty) continue;
    ticks[plot.id] = written.filter((one) => one.id === plot.id && one.align === 'right'
      && one.x < 120 && !one.text.includes(':')).length;
  }
  const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  const {boxes, path} = map.labels;
  return {
    ticks, cut: written.filter((one) => one.text.includes('…') && one.id === 'states').map((one) => one.text),
    overlaps: boxes.filter((a, i) => path.some((b) => meet(a, b))
      || boxes.some((b, j) => j > i && meet(a, b))).length,
    lines: map.drive.map.lines.filter((line) => written.some((one) => one.id === 'map'
      && one.text.slice(0, 6) === line.name.slice(0, 6))).length,
  };
})()"""


def start(page):
    """The page as it opens."""
    found = page.run(TEXTS)
    found["cursor"] = page.run("report.view.cursor")
    found["speed"] = page.run(PANEL)["speed"]
    every = "[...document.querySelectorAll('%s')].map((node) => node.textContent)"
    found["guides"] = page.run(every % ".guide")
    found["chips"] = page.run(every % ".chip")
    found["causes"] = page.run(every % "#stop-0 + .below li")
    page.run("document.querySelector('#events a').click()")
    found["target"] = page.run("document.querySelector('tr:target').id")
    return found


def statuses(recording):
    from mcap.reader import make_reader
    with open(recording, "rb") as stream:
        reader = make_reader(stream)
        return [(message.log_time, json.loads(message.data))
                for _, _, message in reader.iter_messages(topics=["/status"])]


def number(text):
    return float(text.split()[0].replace("−", "-").rstrip(",")) if text[0] != "–" else None


def values_at_cursor(page, recording):
    """The largest differences between what the page says and what /status says."""
    found = statuses(recording)
    start = page.run("report.drives[0].start")
    worst = {}
    for time, status in found[::max(len(found) // 40, 1)]:
        page.run(f"report.view.jump({time * 1e-9 - start + 1e-4})")
        page.settle()
        panel, plots = page.run(PANEL), page.run(READINGS)
        shown = {
            "speed": (number(panel["speed"]), status["speed"] * 3.6),
            "speed cap": (number(plots["speed"][0]), status["speed_cap"] * 3.6),
            "curvature": (number(plots["curvature"][2]), status["curvature"]),
        }
        if panel["front at"] != "–":
            shown["front"] = (number(panel["front at"]), status["front_station"])
            shown["lateral"] = (number(panel["lateral error"]), status["lateral_deviation"])
            shown["to target"] = (
                number(panel["to stop target"]), status["stop_target"] - status["front_station"])
        assert panel["mode"] == status["mode"], (panel, status)
        assert panel["position"] == status["trust"], (panel, status)
        for name, (seen, recorded) in shown.items():
            worst[name] = max(worst.get(name, 0), abs(seen - recorded))
    return {"compared": len(found[::max(len(found) // 40, 1)]), "worst": worst}


def linked(page):
    """The mouse over one plot, then over the map: what the others say."""
    page.run("report.view.pin(false); report.view.showAll()")
    box = page.box("#lateral .overlay")
    page.mouse("mouseMoved", box["x"] + box["width"] * 0.5, box["y"] + 30)
    page.settle()
    first = page.run(READINGS)
    others = []
    # A demand that is nothing and a bias that is learnt are the same at some two places.
    for share in (0.8, 0.65, 0.1):
        page.mouse("mouseMoved", box["x"] + box["width"] * share, box["y"] + 30)
        page.settle()
        others.append(page.run(READINGS))
    place = "report.page.map.x(report.page.map.east[%s]), report.page.map.y(report.page.map.north[%s])"
    box = page.box("#map .overlay")
    page.run("report.page.map.setFollow(false)")
    index = page.run("Math.floor(report.drives[0].time.length * 0.7)")
    x, y = page.run(f"[{place % (index, index)}]")
    page.run("report.view.move(0)")
    page.mouse("mouseMoved", box["x"] + x, box["y"] + y)
    page.settle()
    return {"changed": [name for name in first
                        if any(first[name] != other[name] for other in others)],
            "map": page.run("report.view.cursor")}


def zoomed(page):
    """By the wheel on the time axis, by dragging in a plot, by keys."""
    page.run("report.view.showAll()")
    page.settle()
    before = page.run(DRAWN)
    box = page.box("#navigator .axis canvas")
    page.mouse("mouseWheel", box["x"] + box["width"] * 0.7, box["y"] + 8, deltaX=0, deltaY=-600)
    page.settle()
    after = page.run(DRAWN)
    wheel = page.run("report.view.to - report.view.from")
    box = page.box("#speed .overlay")
    y = box["y"] + 20
    page.mouse("mousePressed", box["x"] + box["width"] * 0.4, y, button="left", clickCount=1)
    page.mouse("mouseMoved", box["x"] + box["width"] * 0.5, y, button="left", buttons=1)
    page.mouse("mouseMoved", box["x"] + box["width"] * 0.6, y, button="left", buttons=1)
    page.mouse("mouseReleased", box["x"] + box["width"] * 0.6, y, button="left", clickCount=1)
    page.settle()
    drag = page.run("report.view.to - report.view.from")
    page.key("0")
    page.settle()
    return {"before": before, "after": after, "wheel": wheel, "drag": drag,
            "all": page.run("report.view.to - report.view.from"),
            "duration": page.run("report.drives[0].duration")}


def drive(url, recording):
    result = {}
    # High enough that all of it is in sight, hence drawn.
    page = Page(url, 1500, 4600)
    try:
        page.settle()
        result["start"] = start(page)
        result["zoom"] = zoomed(page)
        result["linked"] = linked(page)
        result["values"] = values_at_cursor(page, recording)
        page.run("[...document.querySelectorAll('#events button')].at(-1).click()")
        page.settle()
        result["event"] = {"cursor": page.run("report.view.cursor"),
                           "at": page.run("report.drives[0].events.at(-1).at")}
        result["spike"] = page.run(SPIKE)
        result["text"] = page.run("document.body.innerText")
        result["hacked"] = page.run("typeof window.hacked + document.querySelectorAll('img').length")
        result["ground"] = page.run("getComputedStyle(document.body).backgroundColor")
        page.run("document.querySelector('#theme').click()")
        page.settle()
        result["switched"] = page.run("getComputedStyle(document.body).backgroundColor")
        result["dark"] = page.run(DRAWN)
        page.resize(400, 9000)
        page.run("new Promise((done) => setTimeout(done, 200))")
        page.settle()
        result["narrow"] = {"width": page.run("document.documentElement.scrollWidth"),
                            "drawn": page.run(DRAWN)}
        result["problems"], result["requests"] = page.problems, page.requests
    finally:
        page.close()
    page = Page(url, 1500, 1000, dark=True)
    try:
        result["systemDark"] = page.run("getComputedStyle(document.body).backgroundColor")
    finally:
        page.close()
    return result


def compare(url):
    page = Page(url, 1500, 3000)
    try:
        page.settle()
        box = page.box("#lateral .overlay")
        page.mouse("mouseMoved", box["x"] + box["width"] * 0.5, box["y"] + 30)
        page.settle()
        rows = """(id) => [...document.querySelectorAll(`#${id} tbody tr`)]
          .map((row) => [...row.children].map((cell) => cell.textContent))"""
        return {"drawn": page.run(DRAWN), "readings": page.run(READINGS),
                "differences": page.run(f"({rows})('differences')"),
                "settings": page.run(f"({rows})('settings')"),
                "problems": page.problems, "requests": page.requests}
    finally:
        page.close()


def glance(url):
    page = Page(url)
    try:
        page.settle()
        return {"text": page.run("document.body.innerText"), "problems": page.problems}
    finally:
        page.close()


if executable() is None:
    sys.exit("there is no chromium")
target = pathlib.Path(sys.argv[2]).resolve().as_uri()
look = {"drive": drive, "compare": compare, "glance": glance}[sys.argv[1]]
print(json.dumps(look(target, *sys.argv[3:])))
