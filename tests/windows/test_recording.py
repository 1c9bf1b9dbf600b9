"""Tests reading the recorder's lines."""

import json
import pathlib
import tempfile
import unittest
import uuid

import recording
from recording import Data, Descriptor

PROVIDER = uuid.UUID("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503")


LOADED = {"call": "Loaded"}


def read(*lines: dict, first: dict = LOADED) -> recording.Recording:
    """A recording of these calls; a missing `line` is added."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "calls.jsonl")
        lines = enumerate([first, *lines], start=1)
        numbered = ({"thread": 1, "line": number, **line} for number, line in lines)
        path.write_text("".join(json.dumps(line) + "\n" for line in numbered))
        return recording.read(path)


def register(handle: int) -> dict:
    return {"call": "EventRegister", "handle": hex(handle), "provider": str(PROVIDER)}


def unregister(handle: int) -> dict:
    return {"call": "EventUnregister", "handle": hex(handle)}


def mark(text: str) -> dict:
    return {"call": "Mark", "text": text}


class Read(unittest.TestCase):
    def test_a_write_has_its_event_ids_and_data(self):
        (call,) = read({
            "call": "EventWriteTransfer", "handle": "0x1001", "provider": str(PROVIDER),
            "id": 4031, "version": 0, "channel": 18, "level": 2, "opcode": 0, "task": 2500,
            "keyword": "0x2000000000000800", "activity": None, "related": str(PROVIDER),
            "data": [{"size": 2, "type": 1, "reserved": 0, "bytes": "00ff"}], "result": 234,
        })
        self.assertEqual(call.event, Descriptor(4031, 0, 18, 2, 0, 2500, 0x2000000000000800))
        self.assertEqual((call.handle, call.provider, call.result), (0x1001, PROVIDER, 234))
        self.assertEqual((call.activity, call.related), (None, PROVIDER))
        self.assertEqual(call.data, (Data(1, 0, b"\x00\xff"),))

    def test_members_of_a_single_function_are_kept(self):
        (call,) = read({"call": "EventSetInformation", "class": 2, "bytes": "0400", "any": "0xf"})
        self.assertEqual(call.rest, {"class": 2, "bytes": b"\x04\x00", "any": 15})

    def test_a_recording_with_a_missing_line_is_refused(self):
        with self.assertRaises(ValueError):
            read(mark("a"), {**mark("c"), "line": 4})

    def test_a_recording_without_the_recorder_s_first_line_is_refused(self):
        with self.assertRaises(ValueError):
            read(first=mark("a"))

    def test_a_truncated_descriptor_is_refused(self):
        part = {"size": 2, "type": 0, "reserved": 0, "bytes": "00"}
        with self.assertRaises(ValueError):
            read({"call": "EventWrite", "data": [part]})


class Queries(unittest.TestCase):
    def test_ended_registrations_are_not_unpaired(self):
        calls = read(register(1), register(2), unregister(2), unregister(1))
        self.assertEqual(calls.unpaired(), [])

    def test_open_registrations_and_repeated_ends_are_unpaired(self):
        calls = read(register(1), register(2), unregister(1), unregister(1))
        self.assertEqual([(call.name, call.handle) for call in calls.unpaired()],
                         [("EventRegister", 2), ("EventUnregister", 1)])

    def test_calls_are_grouped_by_the_mark_before_them(self):
        phases = read(register(1), mark("a"), mark("b"), unregister(1)).after_marks()
        self.assertEqual({mark: [call.name for call in calls] for mark, calls in phases.items()},
                         {"": ["EventRegister"], "a": [], "b": ["EventUnregister"]})

    def test_calls_are_selected_by_provider(self):
        calls = read(register(1), mark("a"))
        self.assertEqual(len(calls.by(PROVIDER)), 1)
        self.assertEqual(len(calls.by("b33cd0b4-9b63-5dcc-b5a9-73ccdc670e6c")), 0)


if __name__ == "__main__":
    unittest.main()
