"""The generated manifest, which must describe the events of the schema `manifest`."""

import re
import unittest
import uuid
import xml.etree.ElementTree as ElementTree

from decode import decode_template, payload, provider_guid
from recording import Descriptor
from schemas import fail
from wine import run

NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events}"
CULTURES = "cs-CZ de-DE en-US es-ES fr-FR it-IT ja-JP ko-KR pl-PL pt-BR ru-RU tr-TR zh-CN zh-TW".split()
WINMETA = {"win:Error": 2, "win:Info": 0}  # winmeta.xml of the Windows SDK
BINARY = r'C:\Läden & "Co"\<events>.dll'


class Manifest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = run("manifest", BINARY).stdout
        cls.root = ElementTree.fromstring(cls.text)
        (cls.provider,) = cls.root.iter(NAMESPACE + "provider")

    def only(self, kind: str, **attributes: str):
        """The only element of this kind with these attributes."""
        (found,) = (
            element
            for element in self.root.iter(NAMESPACE + kind)
            if all(element.get(key) == value for key, value in attributes.items())
        )
        return found

    def template(self) -> dict:
        template = self.only("template", tid=self.only("event").get("template"))
        return {data.get("name"): data.get("inType") for data in template.iter(NAMESPACE + "data")}

    def descriptor(self) -> Descriptor:
        """The descriptor that `mc` generates for the event."""
        event = self.only("event")
        keyword = 0
        for name in event.get("keywords").split():
            keyword |= int(self.only("keyword", name=name).get("mask"), 16)
        # The first channel that a manifest declares has bit 63, the second 62.
        channels = list(self.root.iter(NAMESPACE + "channel"))
        position = [channel.get("chid") for channel in channels].index(event.get("channel"))
        return Descriptor(
            int(event.get("value")),
            int(event.get("version")),
            int(channels[position].get("value")),
            WINMETA[event.get("level")],
            WINMETA[event.get("opcode")],
            int(self.only("task", name=event.get("task")).get("value")),
            keyword | 1 << 63 - position,
        )

    def test_the_schema_writes_what_the_manifest_describes(self):
        (write,) = fail("values", schema="manifest", ETW_LOCALE="ja").calls.writes()
        self.assertEqual(write.provider, uuid.UUID(self.provider.get("guid")))
        self.assertEqual(write.event, self.descriptor())
        values = decode_template(self.template(), payload(write.data))
        self.assertEqual(list(values), "AppDomain Message Error ErrorType Signal Span DurationMs Fields".split())
        self.assertEqual((values["AppDomain"], values["Signal"]), ("values.exe", "error-field"))
        self.assertEqual(values["Message"], "セッション ディスパッチに失敗しました。")
        self.assertIsInstance(values["DurationMs"], float)

    def test_the_schema_writes_what_the_manifest_of_a_custom_provider_describes(self):
        name = "Shop.Orders:{00112233-4455-6677-8899-aabbccddeeff}"
        root = ElementTree.fromstring(run("manifest", "a.dll", name).stdout)
        (provider,) = root.iter(NAMESPACE + "provider")
        (write,) = fail("values", schema="manifest", ETW_PROVIDER=name).calls.writes()
        self.assertEqual(provider.get("name"), "Shop.Orders-Events")
        self.assertEqual(uuid.UUID(provider.get("guid")), provider_guid("Shop.Orders-Events"))
        self.assertEqual(write.provider, provider_guid("Shop.Orders-Events"))

    def test_the_event_has_the_numbers_and_names_of_the_original(self):
        event = self.descriptor()
        self.assertEqual((event.id, event.level, event.opcode, event.task), (4031, 2, 0, 2500))
        self.assertEqual(event.keyword & 0xFFFF_FFFF_FFFF, 0x800)
        self.assertEqual(self.only("event").get("symbol"), "DispatchSessionFailed")
        self.assertEqual(self.only("keyword").get("name"), "ActivationServices")
        self.assertEqual(self.only("task").get("name"), "ActivationDispatchSession")

    def test_the_channel_can_be_subscribed_to(self):
        channel = self.only("channel")
        self.assertEqual((channel.get("type"), channel.get("enabled")), ("Operational", "true"))
        self.assertEqual(channel.get("name"), self.provider.get("name") + "/Operational")
        self.assertGreaterEqual(int(channel.get("value")), 16)

    def test_the_manifest_has_no_guid_or_name_of_microsoft(self):
        self.assertNotIn("c651f5f6", self.text.lower())
        self.assertNotIn("microsoft-windows", self.text.lower())

    def test_every_culture_has_every_text(self):
        outside = (value for element in self.provider.iter() for value in element.attrib.values())
        wanted = {name for value in outside for name in re.findall(r"\$\(string\.([^)]*)\)", value)}
        self.assertEqual(wanted, {"provider", "channel", "keyword", "task", "event"})
        cultures = {
            resources.get("culture"): {
                string.get("id"): string.get("value") for string in resources.iter(NAMESPACE + "string")
            }
            for resources in self.root.iter(NAMESPACE + "resources")
        }
        self.assertEqual(sorted(cultures), CULTURES)
        for culture, strings in cultures.items():
            with self.subTest(culture):
                self.assertEqual(set(strings), wanted)
                self.assertTrue(all(strings.values()))
        messages = {strings["event"] for strings in cultures.values()}
        self.assertEqual(len(messages), len(cultures))
        self.assertTrue(cultures["fr-FR"]["event"].startswith("Échec"), cultures["fr-FR"]["event"])

    def test_messages_show_each_field_but_the_message_once_and_have_no_stray_percent_sign(self):
        names = list(self.template())
        for string in self.root.iter(NAMESPACE + "string"):
            found = re.findall(r"%(n|%|[0-9]+)?", string.get("value"))
            self.assertNotIn("", found)
            numbers = [int(word) for word in found if word.isdigit()]
            shown = [names[number - 1] for number in numbers]
            expected = sorted(set(names) - {"Message"}) if string.get("id") == "event" else []
            self.assertEqual(sorted(shown), expected)

    def test_paths_are_written_as_given(self):
        self.assertEqual(self.provider.get("resourceFileName"), BINARY)
        self.assertEqual(self.provider.get("messageFileName"), BINARY)
