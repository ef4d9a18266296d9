"""Messages of the proprietary profiles through cantools, with checksums of its own.

encode DBC NODE SEED COUNT  prints random frames of every message that NODE sends
decode DBC FILE             reads lines "ID DATA" and prints values, raw values and whether sealed
"""
import json
import random
import sys

import cantools

# What the descriptions say of the CRC: polynomial, bits, final exclusive or, and message numbers.
NUMBERS = {'MotionCommand': 0x5A01, 'BodyCommand': 0x5A02, 'ChassisStatus': 0x5B01,
           'SteeringStatus': 0x5B02, 'DriveStatus': 0x5B03, 'FrontAxleEncoder': 0x5B04,
           'BodyStatus': 0x5B05, 'LoadStatus': 0x5B06, 'VehicleIdentity': 0x5B07,
           'BrakeIdentity': 0x5B08}


def remainder(data, polynomial, width):
    """By long division of one large number; the start value of ones is added to the first bits."""
    number = int.from_bytes(data, 'big') << width
    bits = len(data) * 8 + width
    number ^= ((1 << width) - 1) << (bits - width)
    divisor = 1 << width | polynomial
    for place in range(bits - 1, width - 1, -1):
        if number >> place & 1:
            number ^= divisor << (place - width)
    return number


def checksum(message, data):
    if message.is_fd:
        number = NUMBERS[message.name].to_bytes(2, 'little')
        return remainder(number + data[2:], 0x1021, 16)
    number = message.frame_id.to_bytes(2, 'little')
    return remainder(number + data[1:], 0x1D, 8) ^ 0xFF


def described(message, data):
    return {'message': message.name, 'id': message.frame_id, 'data': data.hex(),
            'values': message.decode(data, decode_choices=False),
            'raw': message.decode(data, decode_choices=False, scaling=False)}


def encode(database, node, seed, count):
    generator = random.Random(seed)
    for index in range(count):
        for message in database.messages:
            # Texts have no range, and no channel is made of them.
            if node not in message.senders or any(signal.maximum is None for signal in message.signals):
                continue
            raw = {}
            for signal in message.signals:
                low = round((signal.minimum - signal.offset) / signal.scale)
                high = round((signal.maximum - signal.offset) / signal.scale)
                raw[signal.name] = generator.randint(low, high)
            raw['AliveCounter'] = index % 15
            raw['Checksum'] = 0
            data = message.encode(raw, scaling=False, strict=False)
            raw['Checksum'] = checksum(message, data)
            data = message.encode(raw, scaling=False, strict=False)
            print(json.dumps(described(message, data)))


def decode(database, path):
    for line in open(path):
        identifier, text = line.split()
        data = bytes.fromhex(text)
        message = database.get_message_by_frame_id(int(identifier, 16))
        assert len(data) == message.length
        shown = described(message, data)
        shown['sealed'] = shown['raw']['Checksum'] == checksum(message, data)
        print(json.dumps(shown))


if __name__ == '__main__':
    loaded = cantools.database.load_file(sys.argv[2], strict=True)
    if sys.argv[1] == 'encode':
        encode(loaded, sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        decode(loaded, sys.argv[3])
