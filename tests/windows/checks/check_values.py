"""Every byte of the three schemas: registration, traits, descriptors, values of every type."""

import math
import unittest

from decode import decode_self_describing, decode_traits, provider_guid
from schemas import DESCRIPTORS, EVENTS, OWN, WCF, app_domain, described, fail, manifested, stats

CHAIN = "диспетчер: 接続拒否: 거부 🦀"
APP = "店舗 магазин 상점 𠮷🦀.exe"
FIELDS = {
    "yes": ("Boolean", True),
    "no": ("Boolean", False),
    "i64_min": ("Int64", -(2**63)),
    "i64_max": ("Int64", 2**63 - 1),
    "u64_max": ("UInt64", 2**64 - 1),
    "i128_min": ("CountedUnicodeString", str(-(2**127))),
    "u128_max": ("CountedUnicodeString", str(2**128 - 1)),
    "half": ("Double", 0.5),
    "tiny": ("Double", 2.2250738585072014e-308),
    "nan": ("Double", math.nan),
    "negative_infinity": ("Double", -math.inf),
    "japanese": ("CountedUnicodeString", "セッション ディスパッチ"),
    "russian": ("CountedUnicodeString", "сеанс"),
    "korean": ("CountedUnicodeString", "세션"),
    "beyond": ("CountedUnicodeString", "𠮷野家 🦀 👩‍💻"),
    "empty": ("CountedUnicodeString", ""),
    "nul": ("CountedUnicodeString", "a\0b"),
    "lines": ("CountedUnicodeString", "one\r\ntwo\t\x1b[31m"),
    "bidi": ("CountedUnicodeString", "\u202egnp.exe"),
    "debug": ("CountedUnicodeString", 'Some("quoted")'),
    "display": ("CountedUnicodeString", "1/2"),
    "cause": ("CountedUnicodeString", CHAIN),
    "session.id": ("Int64", 7),
    "название поля": ("Int64", 1),
    "password": ("CountedUnicodeString", "[redacted]"),
    "error": ("CountedUnicodeString", CHAIN),
    "error.type": ("CountedUnicodeString", "Connexion::Refusée"),
}


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.done = fail("values", APP=APP)
        cls.calls = cls.done.calls
        cls.wcf, cls.own, cls.events = (
            call for provider in (WCF, OWN, EVENTS) for call in cls.calls.writes().by(provider)
        )

    def test_each_provider_is_registered_once_and_unregistered_at_the_end(self):
        self.assertEqual((self.done.code, self.done.stderr), (0, ""))
        registered = self.calls.of("EventRegister")
        self.assertEqual([call.provider for call in registered], [WCF, OWN, EVENTS])
        ended = self.calls.of("EventUnregister")
        self.assertEqual({call.handle for call in ended}, {call.handle for call in registered})
        self.assertEqual([call.result for call in registered + ended], [0] * 6)
        self.assertEqual(self.calls.unpaired(), [])
        self.assertEqual({call.name for call in self.calls[-3:]}, {"EventUnregister"})

    def test_only_the_self_describing_provider_has_traits_which_hold_its_name(self):
        (information,) = self.calls.of("EventSetInformation")
        self.assertEqual(information.provider, OWN)
        self.assertEqual((information.rest["class"], information.result), (2, 0))
        traits = decode_traits(information.rest["bytes"])
        self.assertEqual((traits.name, traits.traits), ("TracingDispatchFailure", ()))

    def test_each_schema_is_written_once_with_its_descriptor(self):
        writes = self.calls.writes()
        self.assertEqual({call.provider: call.event for call in writes}, DESCRIPTORS)
        self.assertEqual([call.name for call in writes], ["EventWriteTransfer"] * 3)
        self.assertEqual(stats(self.done)["delivered"], 1)

    def test_the_activity_is_the_same_in_all_schemas(self):
        self.assertEqual({call.activity for call in self.calls.writes()}, {self.wcf.activity})
        self.assertTrue(self.wcf.activity.int)
        self.assertEqual([call.related for call in self.calls.writes()], [None] * 3)

    def test_a_wcf_event_holds_the_app_domain_and_nothing_else(self):
        self.assertEqual([(part.type, part.bytes) for part in self.wcf.data], [(0, (APP + "\0").encode("utf-16-le"))])

    def test_an_app_domain_ends_at_an_inner_nul(self):
        (wcf,) = fail("values", "nul", schema="wcf").calls.writes()
        self.assertEqual(app_domain(wcf), "shop")

    def test_a_self_describing_event_names_and_types_every_field(self):
        event = decode_self_describing(self.own.data)
        self.assertEqual((event.name, event.tags), ("DispatchSessionFailed", 0))
        self.assertEqual(event.provider.name, "TracingDispatchFailure")
        types = event.types()
        text = "CountedUnicodeString"
        self.assertEqual(
            list(types.items()),
            [
                ("message", text), ("locale", text), ("error", text), ("error_type", text),
                ("signal", text), ("duration_ms", "Double"), ("span", text), ("target", text),
                ("file", text), ("line", "UInt32"), ("app", text), ("host", text),
                ("pid", "UInt32"), ("thread", text), ("is_cut", "Boolean"), ("fields", "Struct"),
            ],
        )

    def test_a_self_describing_event_holds_the_whole_record(self):
        values = described(self.own)
        self.assertGreaterEqual(values.pop("duration_ms"), 0)
        self.assertGreater(values.pop("line"), 0)
        self.assertGreater(values.pop("pid"), 0)
        self.assertTrue(values.pop("host"))
        del values["fields"]
        self.assertEqual(
            values,
            {
                "message": "Session dispatch failed.", "locale": "en-US", "error": CHAIN,
                "error_type": "Connexion::Refusée", "signal": "error-field",
                "span": "dispatch_session", "target": "values", "file": "src/bin/values.rs",
                "app": APP, "thread": "main", "is_cut": False,
            },
        )

    def test_every_field_has_its_own_type_and_value(self):
        (fields,) = (field for field in decode_self_describing(self.own.data).fields if field.name == "fields")
        found = {field.name: (field.type, field.value) for field in fields.value}
        kind, nan = found.pop("nan")
        self.assertEqual((kind, math.isnan(nan)), ("Double", True))
        self.assertEqual(found, {name: value for name, value in FIELDS.items() if name != "nan"})
        self.assertEqual([field.name for field in fields.value], list(FIELDS))

    def test_a_manifested_event_has_the_message_the_error_and_all_fields(self):
        values = manifested(self.events)
        fields = values.pop("Fields")
        self.assertGreaterEqual(values.pop("DurationMs"), 0)
        self.assertEqual(
            values,
            {
                "AppDomain": APP, "Message": "Session dispatch failed.", "Error": CHAIN,
                "ErrorType": "Connexion::Refusée", "Signal": "error-field", "Span": "dispatch_session",
            },
        )
        self.assertTrue(fields.startswith("yes=true no=false i64_min=-9223372036854775808 "), fields)
        self.assertIn(' beyond="𠮷野家 🦀 👩', fields)
        self.assertIn(' u128_max="340282366920938463463374607431768211455" ', fields)
        self.assertTrue(fields.endswith(' error.type="Connexion::Refusée"'), fields)


class Languages(unittest.TestCase):
    def test_the_message_is_in_the_language_of_the_sink(self):
        for tag, expected in {
            "ja": "セッション ディスパッチに失敗しました。",
            "ru-RU": "Ошибка диспетчеризации сеанса.",
            "ko": "세션을 디스패치하지 못했습니다.",
            "xx": "Session dispatch failed.",
        }.items():
            with self.subTest(tag):
                wcf, own, events = fail("values", ETW_LOCALE=tag).calls.writes()
                self.assertEqual(described(own)["message"], expected)
                self.assertEqual(manifested(events)["Message"], expected)
                self.assertEqual(described(own)["locale"].partition("-")[0], "en" if tag == "xx" else tag[:2])
                self.assertEqual(app_domain(wcf), "values.exe")

    def test_the_language_of_the_machine_does_not_matter(self):
        (own,) = fail("values", schema="tracelogging", LOCALE="").calls.writes()
        self.assertEqual(described(own)["locale"], "en-US")


class Providers(unittest.TestCase):
    def test_a_custom_provider_has_the_guid_of_its_name(self):
        calls = fail("values", ETW_PROVIDER="Shop.Orders").calls
        own, events = provider_guid("Shop.Orders"), provider_guid("Shop.Orders-Events")
        self.assertEqual([call.provider for call in calls.of("EventRegister")], [WCF, own, events])
        (write,) = calls.writes().by(own)
        self.assertEqual(decode_self_describing(write.data).provider.name, "Shop.Orders")
        (information,) = calls.of("EventSetInformation")
        self.assertEqual(decode_traits(information.rest["bytes"]).name, "Shop.Orders")

    def test_a_custom_provider_can_be_given_a_guid(self):
        guid = "00112233-4455-6677-8899-aabbccddeeff"
        calls = fail("values", ETW_PROVIDER="Shop.Orders:{%s}" % guid, schema="tracelogging").calls
        self.assertEqual([str(call.provider) for call in calls.of("EventRegister")], [guid])
        self.assertEqual(len(calls.writes()), 1)

    def test_a_schema_is_written_once_however_often_it_is_named(self):
        calls = fail("values", schema="wcf,tracelogging,wcf").calls
        self.assertEqual([call.provider for call in calls.writes()], [WCF, OWN])

    def test_a_global_subscriber_registers_once(self):
        done = fail("global", schema="wcf")
        self.assertEqual((done.code, done.stderr), (7, ""))
        self.assertEqual(len(done.calls.of("EventRegister")), 1)
        self.assertEqual(len(done.calls.writes()), 1)
