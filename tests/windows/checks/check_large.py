"""Events that are too large for the system: texts are halved and marked as cut, and a record that is
refused at every size is counted as lost."""

import unittest

from decode import decode_self_describing
from recording import Recording
from schemas import EVENTS, OWN, WCF, accepted, app_domain, described, fail, manifested, stats

CUT = "…[cut]"
MORE_DATA, TOO_LARGE = 234, 534
SPECIMEN = "🦀"


def sizes(calls: Recording) -> list[int]:
    return [sum(len(part.bytes) for part in call.data) for call in calls.writes()]


class Large(unittest.TestCase):
    def assert_whole_characters(self, text: str, length: int):
        """The text must be `length` specimens, or their beginning and the mark of a cut text."""
        body = text.removesuffix(CUT)
        self.assertEqual(body, SPECIMEN * len(body))
        self.assertEqual(len(body) < length, text.endswith(CUT))

    def test_texts_beyond_64_kib_are_halved_until_windows_accepts_the_event(self):
        for length in (5_000, 20_000, 60_000):
            with self.subTest(length):
                done = fail("large", str(length))
                self.assertEqual((done.code, done.stderr, stats(done)["delivered"]), (0, "", 1))
                for provider in (OWN, EVENTS):
                    calls = done.calls.writes().by(provider)
                    self.assertEqual({call.result for call in calls[:-1]}, {TOO_LARGE})
                    self.assertEqual(calls[-1].result, 0)
                    self.assertEqual(sizes(calls), sorted(sizes(calls), reverse=True))
                    self.assertGreater(sizes(calls)[-1], 16_000)
                values = described(done.calls.writes().by(OWN)[-1])
                self.assertIs(values["is_cut"], True)
                self.assertEqual(list(values["fields"]), ["number", "a", "b", "c", "d", "error"])
                for text in (values["error"], values["fields"]["d"]):
                    self.assert_whole_characters(text, length)
                self.assertTrue(values["error"].endswith(CUT))
                values = manifested(done.calls.writes().by(EVENTS)[-1])
                self.assert_whole_characters(values["Error"], length)
                self.assertTrue(values["Fields"].endswith(CUT))
                # The WCF event has none of these texts.
                self.assertEqual([call.result for call in done.calls.writes().by(WCF)], [0])

    def test_a_record_that_just_fits_is_not_cut(self):
        done = fail("large", "2400", schema="tracelogging")
        (write,) = done.calls.writes()
        values = described(write)
        self.assertEqual((values["is_cut"], values["error"]), (False, SPECIMEN * 2400))

    def test_texts_that_exceed_a_session_s_buffers_are_halved(self):
        for limit in (30_000, 8_000, 3_000):
            with self.subTest(limit):
                done = fail("large", "2000", session=f"enable;limit {limit}")
                self.assertEqual((done.stderr, stats(done)["delivered"]), ("", 1))
                for provider in (OWN, EVENTS):
                    *refused, last = done.calls.writes().by(provider)
                    self.assertTrue(refused)
                    self.assertEqual({call.result for call in refused}, {MORE_DATA})
                    self.assertEqual(last.result, 0)
                values = described(last_of(done, OWN))
                self.assertIs(values["is_cut"], True)
                self.assertEqual(list(values["fields"]), ["number", "a", "b", "c", "d", "error"])
                self.assertTrue(values["error"].endswith(CUT))

    def test_the_smallest_record_has_no_fields_and_is_marked_as_cut(self):
        done = fail("large", "2000", session="enable;limit 900")
        self.assertEqual(stats(done)["delivered"], 1)
        values = described(last_of(done, OWN))
        self.assertNotIn("fields", values)
        self.assertIs(values["is_cut"], True)
        self.assertEqual(values["message"], "Session dispatch failed.")
        self.assert_whole_characters(values["error"], 2000)
        values = manifested(last_of(done, EVENTS))
        self.assertTrue(values["Error"].endswith(CUT))

    def test_a_long_app_domain_is_cut_too(self):
        done = fail("large", "1", "1", "40000", schema="wcf")
        *refused, last = done.calls.writes()
        self.assertEqual([call.result for call in refused], [TOO_LARGE])
        text = app_domain(last)
        self.assertEqual(set(text.removesuffix(CUT)), {"店"})
        self.assertTrue(text.endswith(CUT))

    def test_records_refused_at_every_size_are_counted_as_lost_and_logged(self):
        done = fail("large", "2000", "100", session="enable;limit 10")
        counted = stats(done)
        self.assertEqual((counted["observed"], counted["failed"], counted["delivered"]), (100, 100, 0))
        self.assertEqual(accepted(done.calls), [])
        first, last = done.stderr.splitlines()
        self.assertRegex(first, r"^tracing-dispatch-failure: the sink `etw` lost 1 record: .*\(os error 234\)$")
        self.assertEqual(last, "tracing-dispatch-failure: the sink `etw` lost 100 records in all")
        # Each record is tried in ten sizes for each schema.
        self.assertEqual(len(done.calls.writes()), 100 * 3 * 10)

    def test_a_refused_schema_does_not_keep_another_from_being_written(self):
        done = fail("large", "2000", session="enable;limit 60")
        self.assertEqual({call.provider for call in accepted(done.calls)}, {WCF})
        self.assertEqual(stats(done)["failed"], 1)

    def test_an_event_has_no_more_fields_than_decoders_accept(self):
        done = fail("many_fields", schema="tracelogging,manifest")
        event = decode_self_describing(done.calls.writes().by(OWN)[0].data)
        values = event.values()
        self.assertEqual(len(event.fields) + len(values["fields"]), 128)
        self.assertEqual((values["is_cut"], values["fields"]["session.id"]), (True, 7))
        # The manifest's event has all fields in one text.
        self.assertEqual(len(manifested(done.calls.writes().by(EVENTS)[0])["Fields"].split()), 200)


def last_of(done, provider):
    return done.calls.writes().by(provider)[-1]
