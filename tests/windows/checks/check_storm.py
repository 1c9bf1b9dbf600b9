"""Many failures at once."""

import unittest

from schemas import EVENTS, OWN, WCF, app_domain, described, fail, manifested, stats

ALL_ERRORS = {f"{thread}/{number}" for thread in range(8) for number in range(1250)}


class Storm(unittest.TestCase):
    def test_each_of_10000_failures_on_8_threads_is_one_complete_event_of_each_schema(self):
        done = fail("storm")
        self.assertEqual((done.code, done.stderr), (0, ""))
        self.assertEqual(stats(done)["delivered"], 10_000)
        writes = done.calls.writes()
        self.assertEqual({call.result for call in writes}, {0})
        wcf, own, events = (writes.by(provider) for provider in (WCF, OWN, EVENTS))
        self.assertEqual([len(wcf), len(own), len(events)], [10_000] * 3)
        self.assertEqual({app_domain(call) for call in wcf}, {"storm.exe"})

        values = [described(call) for call in own]
        self.assertEqual({value["error"] for value in values}, ALL_ERRORS)
        for value in values:
            fields = value["fields"]
            self.assertEqual(value["error"], f"{fields['thread']}/{fields['number']}")
            self.assertEqual(fields["text"], "セッション 🦀")

        values = [manifested(call) for call in events]
        self.assertEqual({value["Error"] for value in values}, ALL_ERRORS)
        for value in values:
            thread, number = value["Error"].split("/")
            self.assertTrue(value["Fields"].startswith(f"thread={thread} number={number} "), value)

        self.assertGreaterEqual(len({call.thread for call in writes}), 8)
        self.assertEqual(len({call.activity for call in writes}), 10_000)
        for schema in (own, events):
            self.assertEqual({call.activity for call in schema}, {call.activity for call in wcf})
