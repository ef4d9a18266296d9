"""The adapter speaks the protocol of the kernel's driver, and profiles are taken apart whole."""

import pathlib
import tempfile
import unittest

import adapter
import two_buses

PROFILES = pathlib.Path(__file__).resolve().parents[2] / "hw-profiles"


class Lines(unittest.TestCase):
    def test_frames(self):
        """The examples of the driver's own source."""
        for line, identifier, data in ((b"t1230", 0x123, ""), (b"t4563112233", 0x456, "112233"),
                                       (b"T12ABCDEF2AA55", 0x92ABCDEF, "AA55")):
            frame = adapter.FRAME.pack(identifier, len(data) // 2, bytes.fromhex(data))
            self.assertEqual(adapter.decode(line), frame)
            self.assertEqual(adapter.encode(frame), line + b"\r")

    def test_nothing_that_is_no_data_frame(self):
        for identifier in (0x40000123, 0x20000040):
            self.assertIsNone(adapter.encode(adapter.FRAME.pack(identifier, 0, b"")))
        for line in (b"", b"O", b"S5", b"sb000256"):
            self.assertIsNone(adapter.decode(line))

    def test_bus_off_is_as_long_as_the_driver_wants(self):
        self.assertEqual(len(adapter.BUS_OFF), 1 + 1 + 3 + 3 + 1)


class TwoBuses(unittest.TestCase):
    def test_every_moved_message_is_on_the_second_bus(self):
        for name, moved in two_buses.MOVED.items():
            with tempfile.TemporaryDirectory() as folder:
                two_buses.derive(PROFILES / name, pathlib.Path(folder) / name)
                text = (pathlib.Path(folder) / name / "profile.yaml").read_text()
            self.assertGreaterEqual(text.count("    bus: second"), len(moved))
            self.assertEqual(text.count("    interface: can1"), 1)


if __name__ == "__main__":
    unittest.main()
