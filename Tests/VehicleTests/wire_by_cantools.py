"""The profile's messages through cantools, with checksums of its own.

encode DBC SEED COUNT  prints random frames: {"message", "data", "values"}
decode DBC FILE        reads lines "MESSAGE ID DATA" and prints {"message", "values", "checksum"}
"""
import json
import random
import sys

import cantools

IDENTIFIER = {'TulparBodyStatus': 0x18FF1121, 'TulparProtection': 0x18FF2230}


def total(identifier, data, counter):
    return sum(data[:7]) + counter + sum(identifier >> (8 * i) & 0xFF for i in range(4))


def tsc1(identifier, data, counter):
    s = total(identifier, data, counter)
    return (((s >> 6) & 3) + (s >> 3) + s) & 7


def xbr(identifier, data, counter):
    s = total(identifier, data, counter)
    return ((s >> 4) + s) & 0xF


def encode(database, seed, count):
    generator = random.Random(seed)
    sent = [m for m in database.messages if 'Tulpar' not in m.senders]
    counter = 0
    for _ in range(count):
        for message in sent:
            raw = {}
            for signal in message.signals:
                top = 0xFA << (signal.length - 8) | ((1 << (signal.length - 8)) - 1) \
                    if signal.length >= 8 else 1 if signal.length == 2 else (1 << signal.length) - 3
                raw[signal.name] = generator.randint(0, max(top, 0))
            if 'MessageCounter' in raw:
                counter = (counter + 1) % 16
                raw['MessageCounter'] = counter
                raw['MessageChecksum'] = 0
            data = bytearray(message.encode(raw, scaling=False, padding=True, strict=False))
            if 'MessageCounter' in raw:
                check = xbr(IDENTIFIER[message.name], data, counter)
                data[7] = check << 4 | counter
            values = message.decode(bytes(data), decode_choices=False)
            print(json.dumps({'message': message.name, 'data': data.hex(), 'values': values}))


def decode(database, path):
    for line in open(path):
        name, identifier, data = line.split()
        data = bytes.fromhex(data)
        message = database.get_message_by_name(name)
        values = message.decode(data, decode_choices=False)
        kind = {'TSC1': tsc1, 'XBR': xbr, 'TulparBodyCommand': xbr}.get(name)
        good = kind is None or kind(int(identifier, 16), data, data[7] & 0xF) == data[7] >> 4
        print(json.dumps({'message': name, 'values': values, 'checksum': good}))


if __name__ == '__main__':
    loaded = cantools.database.load_file(sys.argv[2], strict=True)
    if sys.argv[1] == 'encode':
        encode(loaded, int(sys.argv[3]), int(sys.argv[4]))
    else:
        decode(loaded, sys.argv[3])
