"use strict";

/** The numbers of a trace (see Trace.swift for its tokens); NaN where one is missing. */
function decodeTrace(trace) {
  const text = atob(trace.data);
  const values = new Float64Array(trace.count);
  let place = 0;
  const token = () => {
    let number = 0, scale = 1, byte;
    do {
      byte = text.charCodeAt(place++);
      number += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return number;
  };
  let last = 0, before = 0;
  const take = (error) => {
    const value = (trace.order === 1 ? last : 2 * last - before) + error;
    before = last;
    last = value;
    return value * trace.step;
  };
  for (let i = 0; i < trace.count;) {
    const kind = token();
    if (kind > 1) {
      const coded = kind - 2;
      values[i++] = take(coded % 2 ? -(coded + 1) / 2 : coded / 2);
    } else {
      for (let left = token(); left >= 0 && i < trace.count; left--) {
        values[i++] = kind === 0 ? take(0) : NaN;
      }
    }
  }
  return values;
}

/** Zero where there is none above it. */
function highest(values) {
  return values.reduce((top, value) => (value > top && value < Infinity ? value : top), 0);
}

/** The place of the last number of a sorted array that is not above `x`; 0 when all are. */
function placeOf(sorted, x) {
  let low = 0, high = sorted.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= x) low = middle; else high = middle;
  }
  return low;
}

/** Lowest and highest numbers of blocks of samples: an overview need not look at each of them. */
class Extremes {
  static BLOCK = 64;

  constructor(values) {
    this.values = values;
    const count = Math.ceil(values.length / Extremes.BLOCK);
    this.low = new Float64Array(count).fill(Infinity);
    this.high = new Float64Array(count).fill(-Infinity);
    for (let i = 0; i < values.length; i++) {
      // Neither holds for a missing value.
      const value = values[i], block = (i / Extremes.BLOCK) | 0;
      if (value < this.low[block]) this.low[block] = value;
      if (value > this.high[block]) this.high[block] = value;
    }
  }

  /** Of the samples `from` up to, not including, `to`; low above high when all are missing. */
  between(from, to) {
    let low = Infinity, high = -Infinity;
    for (let i = from; i < to;) {
      if (i % Extremes.BLOCK === 0 && i + Extremes.BLOCK <= to) {
        const block = i / Extremes.BLOCK;
        if (this.low[block] < low) low = this.low[block];
        if (this.high[block] > high) high = this.high[block];
        i += Extremes.BLOCK;
      } else {
        const value = this.values[i++];
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return { low, high };
  }
}

/** One drive with its numbers unpacked as they are asked for. */
class Drive {
  constructor(document) {
    Object.assign(this, document);
    this.columns = {};
    this.route = {
      station: decodeTrace(document.map.station),
      east: decodeTrace(document.map.east),
      north: decodeTrace(document.map.north),
    };
    this.time = this.column("time");
  }

  has(name) { return name in this.traces; }

  /** In the unit of the recording; all missing where there is none. */
  column(name) {
    if (!this.columns[name]) {
      this.columns[name] = this.has(name)
        ? decodeTrace(this.traces[name])
        : new Float64Array(this.time ? this.time.length : 0).fill(NaN);
    }
    return this.columns[name];
  }

  /** The same by a factor, as for km/h. */
  scaled(name, factor) {
    const key = `${name} ${factor}`;
    if (!this.columns[key]) this.columns[key] = this.column(name).map((value) => value * factor);
    return this.columns[key];
  }

  at(name, place) { return this.column(name)[place]; }

  /** The point of the route at a path coordinate, and its direction. */
  routePoint(station) {
    const { station: stations, east, north } = this.route;
    if (stations.length < 2) return null;
    const i = Math.min(placeOf(stations, station), stations.length - 2);
    const share = (station - stations[i]) / (stations[i + 1] - stations[i] || 1);
    const [de, dn] = [east[i + 1] - east[i], north[i + 1] - north[i]];
    return { east: east[i] + share * de, north: north[i] + share * dn, heading: Math.atan2(dn, de) };
  }
}

/** A number with so many decimals, a dash for what is missing. */
function shown(value, decimals = 2, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = value.toFixed(decimals).replace("-", "−");
  return (/^−0(\.0*)?$/.test(text) ? text.slice(1) : text) + (unit ? ` ${unit}` : "");
}

/** As in 3:07.25 */
function clock(seconds, decimals = 2) {
  if (!Number.isFinite(seconds)) return "–";
  const scale = 10 ** decimals;
  const total = Math.round(Math.abs(seconds) * scale) / scale;
  const minutes = Math.floor(total / 60);
  const rest = (total - 60 * minutes).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return `${seconds < 0 ? "−" : ""}${minutes}:${rest}`;
}

/** An element with attributes, listeners (functions) and children (nodes or texts). */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}
