"""Only events that a trace session asks for are written; no other event costs formatting or memory."""

import pathlib
import tempfile
import unittest

import wine
from schemas import OWN, counts, fail, stats

WCF_CHANNEL, OWN_CHANNEL = "0x2000000000000000", "0x8000000000000000"
NONE, EACH = (0, 0, 0), (1, 1, 1)


class Sessions(unittest.TestCase):
    def test_a_session_gets_the_events_that_it_asks_for(self):
        for session, expected in {
            "": NONE,
            "enable": EACH,
            "enable level=2": EACH,
            "enable level=255": EACH,
            "enable level=1": NONE,
            "enable level=1 any=0x800": NONE,
            "enable any=0x400": NONE,
            "enable any=0xc00": EACH,
            "enable all=0x400": NONE,
            "enable all=0xc00": NONE,
            "enable any=0xffffffffffffffff": EACH,
            "enable level=5 any=0x800 all=0x800": EACH,
            f"enable any={WCF_CHANNEL}": (1, 0, 0),
            f"enable any={OWN_CHANNEL}": (0, 0, 1),
            f"enable all={WCF_CHANNEL}": (1, 0, 0),
            f"enable any=0x800 all={OWN_CHANNEL}": (0, 0, 1),
            "capture": NONE,
            "enable;capture": EACH,
            "enable level=1;capture": NONE,
            "enable;disable": NONE,
            "enable;disable;capture": NONE,
            "enable;enable level=1": NONE,
            "enable level=1;enable level=2": EACH,
            "{%s} enable" % OWN: (0, 1, 0),
            "enable;{%s} disable" % OWN: (1, 0, 1),
        }.items():
            with self.subTest(session):
                done = fail("sessions", session=session)
                self.assertEqual((done.code, done.stderr), (0, ""))
                self.assertEqual(counts(done.calls), expected)
                self.assertEqual(len(done.calls.of("EventRegister")), 3)
                counted = stats(done)
                self.assertEqual(counted["delivered"], int(expected != NONE))
                self.assertEqual(counted["not_listening"], int(expected == NONE))

    def test_a_session_can_begin_change_and_end_while_the_program_runs(self):
        phases = [
            ("enable level=1", NONE),
            ("enable any=0x400", NONE),
            (f"enable any={WCF_CHANNEL}", (1, 0, 0)),
            ("enable level=2 any=0x800", EACH),
            ("capture", EACH),
            ("disable", NONE),
            ("capture", NONE),
            ("{%s} enable level=5" % OWN, (0, 1, 0)),
            ("enable", EACH),
            ("{%s} disable" % OWN, (1, 0, 1)),
            ("disable", NONE),
        ]
        done = fail("sessions", *(command for command, _ in phases), session="")
        self.assertEqual((done.code, done.stderr), (0, ""))
        before, *found = map(counts, done.calls.after_marks().values())
        self.assertEqual(before, NONE)
        self.assertEqual(list(zip((command for command, _ in phases), found)), phases)
        counted = stats(done)
        self.assertEqual((counted["delivered"], counted["not_listening"]), (6, 6))

    def test_nothing_is_formatted_if_no_session_listens(self):
        # The message uses a variable that the record lacks, so formatting it is counted.
        with tempfile.TemporaryDirectory(dir=wine.OUT) as folder:
            texts = pathlib.Path(folder, "en-US", "event-4031.ftl")
            texts.parent.mkdir()
            texts.write_text("message = { $missing }\n")
            for session, expected in {"": 0, "enable level=1": 0, "enable": 1}.items():
                with self.subTest(session):
                    done = fail("sessions", session=session, LOCALES_DIR=f"Z:{folder}")
                    self.assertEqual(stats(done)["missing_messages"], expected)

    def test_nothing_is_allocated_if_no_session_listens(self):
        done = fail("idle", session="")
        self.assertEqual((done.code, done.calls.writes()), (0, []))
        without_a_sink, idle = (int(line) for line in done.stdout.splitlines() if line.isdigit())
        self.assertEqual(idle, without_a_sink)
        *_, listening = (int(line) for line in fail("idle").stdout.splitlines() if line.isdigit())
        self.assertGreater(listening, idle)
