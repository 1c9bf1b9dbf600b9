"""Activity ids, which connect events."""

import unittest
import uuid

from schemas import ALL, EVENTS, OWN, WCF, described, fail

TRACE = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
OTHER = uuid.UUID("4bf92f35-77b3-4da6-a3ce-929d0e0e4736")


class Activities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.writes = fail("nested", schema=ALL).calls.writes()
        cls.ids = {
            described(call)["fields"]["case"]: (call.activity, call.related) for call in cls.writes.by(OWN)
        }

    def test_a_dispatch_within_a_dispatch_is_related_to_it(self):
        outer, related = self.ids["outer"]
        self.assertIsNone(related)
        inner, second = self.ids["inner"], self.ids["second inner"]
        self.assertEqual([inner[1], second[1]], [outer, outer])
        self.assertEqual(len({outer, inner[0], second[0]}), 3)

    def test_a_dispatch_in_a_trace_has_the_trace_as_its_activity(self):
        self.assertEqual(self.ids["traced outer"], (TRACE, None))
        self.assertEqual(self.ids["traced inner"], (TRACE, None))

    def test_another_trace_is_related_to_the_enclosing_one(self):
        self.assertEqual(self.ids["other trace"], (OTHER, TRACE))

    def test_all_schemas_have_the_same_ids(self):
        ids = [[(call.activity, call.related) for call in self.writes.by(p)] for p in (WCF, OWN, EVENTS)]
        self.assertEqual(len(ids[0]), 6)
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(ids[0], ids[2])
