"""Decodes and encodes seeded random payloads of every message with cantools, one line each.

    python3 oracle.py SEED PAYLOADS FILE...

F file                    a file follows
E                         it does not load strictly
M name                    a message follows
D hex name=value ...      a payload and what it decodes to
X hex                     a payload whose multiplexer value is unknown
N hex name=value ...      values and the payload that they encode to
A value is i<decimal> or f<16 hex digits of the double>.
"""
import logging
import random
import struct
import sys

import cantools

logging.disable(logging.CRITICAL)


def number(value):
    if isinstance(value, float):
        return "f" + struct.pack(">d", value).hex()
    return "i%d" % int(value)


def row(kind, payload, values):
    print(kind, payload.hex() or "-", *["%s=%s" % (k, number(v)) for k, v in values.items()])


def nudged(rnd, message, values):
    """Values between the steps, so that rounding shows."""
    result = {}
    for name, value in values.items():
        signal = message.get_signal_by_name(name)
        step = signal.conversion.scale
        fraction = rnd.choice([0, 0.5, -0.5, 0.25, rnd.uniform(-0.5, 0.5)])
        if signal.is_multiplexer or value != value or fraction == 0:
            result[name] = value
        else:
            result[name] = value + fraction * step
    return result


def payloads(rnd, message, count):
    """Random bytes, with multiplexers set to values that exist in three of four."""
    multiplexers = [s for s in message.signals if s.is_multiplexer]
    ids = [i for s in message.signals for i in (s.multiplexer_ids or [])]
    for turn in range(count):
        data = bytearray(rnd.randrange(256) for _ in range(message.length))
        if turn == 0:
            data = bytearray(message.length)
        if turn == 1:
            data = bytearray(b"\xff" * message.length)
        if multiplexers and ids and turn % 4:
            for signal in multiplexers:
                value = rnd.choice(ids) & ((1 << signal.length) - 1)
                for i in range(signal.length):
                    if signal.byte_order == "little_endian":
                        bit, place = signal.start + i, i
                    else:
                        position = 8 * (signal.start // 8) + 7 - signal.start % 8 + i
                        bit = 8 * (position // 8) + 7 - position % 8
                        place = signal.length - 1 - i
                    data[bit // 8] = data[bit // 8] & ~(1 << bit % 8) | (value >> place & 1) << bit % 8
        yield bytes(data)


def run(path, seed, count):
    print("F", path)
    rnd = random.Random(seed)
    try:
        database = cantools.database.load_file(path)
    except Exception:
        print("E")
        return
    for message in database.messages:
        print("M", message.name)
        for data in payloads(rnd, message, count):
            try:
                values = message.decode(data, decode_choices=False)
            except Exception:
                print("X", data.hex() or "-")
                continue
            row("D", data, values)
            for inputs in (values, nudged(rnd, message, values)):
                try:
                    row("N", message.encode(inputs, strict=False), inputs)
                except Exception:
                    pass


for file in sys.argv[3:]:
    run(file, int(sys.argv[1]), int(sys.argv[2]))
