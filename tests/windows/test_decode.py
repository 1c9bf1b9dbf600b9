"""Tests the decoder with bytes assembled by hand from the documentation of the formats."""

import types
import unittest
import uuid

import decode
from decode import DecodeError


def block(*parts: bytes) -> bytes:
    """A block that begins with its own size."""
    body = b"".join(parts)
    return (len(body) + 2).to_bytes(2, "little") + body


def part(kind: int, data: bytes, reserved: int = 0):
    return types.SimpleNamespace(type=kind, reserved=reserved, bytes=data)


def event(fields: bytes, *values: bytes) -> decode.Event:
    return decode.decode_self_describing([
        part(2, b"\x04\x00P\x00"),
        part(1, block(b"\x00", b"E\x00", fields)),
        *(part(0, value) for value in values),
    ])


def value(kind: bytes, data: bytes):
    """The value of an event's only field, of this type."""
    return event(b"f\x00" + kind, data).values()["f"]


class ProviderTraits(unittest.TestCase):
    def test_traits_can_be_a_name_alone(self):
        traits = decode.decode_traits(b"\x08\x00Hello\x00")
        self.assertEqual(traits, decode.Traits("Hello"))

    def test_a_name_can_have_characters_beyond_ascii(self):
        self.assertEqual(decode.decode_traits(block("日本\0".encode())).name, "日本")

    def test_traits_can_have_a_group(self):
        group = uuid.UUID("4f50731a-89cf-4782-b3e0-dce8c90476ba")
        traits = decode.decode_traits(block(b"P\x00", b"\x13\x00\x01", group.bytes_le))
        self.assertEqual(traits.traits, (decode.Trait(1, group.bytes_le),))

    def test_a_wrong_size_is_refused(self):
        for data in (b"", b"\x08", b"\x07\x00Hello\x00", b"\x09\x00Hello\x00"):
            with self.subTest(data), self.assertRaises(DecodeError):
                decode.decode_traits(data)

    def test_a_name_without_end_is_refused(self):
        with self.assertRaises(DecodeError):
            decode.decode_traits(b"\x07\x00Hello")

    def test_a_truncated_trait_is_refused(self):
        for trait in (b"\x05", b"\x02\x00", b"\x05\x00\x01\x00"):
            with self.subTest(trait), self.assertRaises(DecodeError):
                decode.decode_traits(block(b"P\x00", trait))


class EventMetadata(unittest.TestCase):
    def test_an_event_can_have_no_fields(self):
        metadata = decode.decode_metadata(b"\x08\x00\x00Name\x00")
        self.assertEqual((metadata.name, metadata.tags, metadata.fields), ("Name", 0, ()))

    def test_tags_are_read_highest_bits_first(self):
        for data, tags in (
            (b"\x00", 0),
            (b"\x7f", 0x0FE00000),
            (b"\xff\x7f", 0x0FFFC000),
            (b"\x81\x82\x83\x04", 1 << 21 | 2 << 14 | 3 << 7 | 4),
        ):
            with self.subTest(data):
                self.assertEqual(decode.decode_metadata(block(data, b"E\x00")).tags, tags)

    def test_tags_that_do_not_end_are_refused(self):
        with self.assertRaises(DecodeError):
            decode.decode_metadata(block(b"\x81\x81\x81\x81\x00", b"E\x00"))

    def test_a_field_can_have_an_out_type_tags_and_a_count(self):
        field = decode.decode_metadata(
            block(b"\x00", b"E\x00", b"f\x00", b"\xa8\x84\x80\x80\x80\x01", b"\x03\x00")
        ).fields[0]
        self.assertEqual(field, decode.Field("f", 8, out_type=4, tags=1, array=3))

    def test_an_unknown_field_type_is_refused(self):
        for kind in (b"\x00", b"\x10", b"\x1a", b"\x1f"):
            with self.subTest(kind), self.assertRaises(DecodeError):
                decode.decode_metadata(block(b"\x00", b"E\x00", b"f\x00", kind))

    def test_a_struct_with_too_few_fields_is_refused(self):
        for struct in (b"\x18", b"\x98\x00", b"\x98\x02a\x00\x08"):
            with self.subTest(struct), self.assertRaises(DecodeError):
                decode.decode_metadata(block(b"\x00", b"E\x00", b"s\x00", struct))

    def test_more_fields_than_decoders_take_are_refused(self):
        head, field, binary = b"\x00E\x00", b"f\x00\x08", b"b\x00\x0e"
        self.assertEqual(len(decode.decode_metadata(block(head, field * 128)).fields), 128)
        for fields in (field * 129, field * 127 + binary):
            with self.assertRaises(DecodeError):
                decode.decode_metadata(block(head, fields))


class Values(unittest.TestCase):
    def test_values_of_each_type_are_decoded(self):
        guid = uuid.UUID("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503")
        for kind, data, expected in (
            (b"\x01", "é😀\0".encode("utf-16-le"), "é😀"),
            (b"\x01", b"\x00\x01\x00\x00", "\u0100"),  # a zero byte, not a zero unit
            (b"\x02", b"\xe9\x80\x00", "é€"),
            (b"\x82\x23", "日\0".encode(), "日"),
            (b"\x03", b"\x80", -128),
            (b"\x04", b"\xff", 255),
            (b"\x84\x03", b"\x01", True),
            (b"\x05", b"\x00\x80", -32768),
            (b"\x06", b"\xff\xff", 65535),
            (b"\x07", b"\xff\xff\xff\xff", -1),
            (b"\x08", b"\x01\x02\x03\x04", 0x04030201),
            (b"\x09", b"\x00" * 7 + b"\x80", -(2**63)),
            (b"\x0a", b"\xff" * 8, 2**64 - 1),
            (b"\x0b", b"\x00\x00\xc0\x3f", 1.5),
            (b"\x0c", b"\x00" * 6 + b"\xf8\x3f", 1.5),
            (b"\x0d", b"\x01\x00\x00\x00", True),
            (b"\x0d", b"\x00\x00\x00\x00", False),
            (b"\x0e", b"\x02\x00\xab\xcd", b"\xab\xcd"),
            (b"\x0f", guid.bytes_le, guid),
            (b"\x11", b"\x00\x80\x3e\xd5\xde\xb1\x9d\x01", 116444736000000000),
            (b"\x12", bytes(range(16)), (256, 770, 1284, 1798, 2312, 2826, 3340, 3854)),
            (b"\x13", b"\x01\x02" + b"\0\0\0\0\0\x05" + b"\x20\0\0\0\x21\2\0\0", "S-1-5-32-545"),
            (b"\x14", b"\x01\x00\x00\x00", 1),
            (b"\x15", b"\x01" + b"\x00" * 7, 1),
            (b"\x16", b"\x04\x00\x3d\xd8\x00\xde", "😀"),
            (b"\x17", b"\x01\x00\xe9", "é"),
            (b"\x97\x23", b"\x02\x00\xc3\xa9", "é"),
            (b"\x97\x0c", b"\x04\x00" + '"é"'.encode(), '"é"'),
            (b"\x19", b"\x01\x00\xab", b"\xab"),
        ):
            with self.subTest(kind=kind):
                self.assertEqual(value(kind, data), expected)

    def test_arrays_are_decoded(self):
        self.assertEqual(value(b"\x46", b"\x02\x00\x01\x00\x02\x00"), [1, 2])
        self.assertEqual(value(b"\x46", b"\x00\x00"), [])
        self.assertEqual(value(b"\x26\x02\x00", b"\x01\x00\x02\x00"), [1, 2])
        self.assertEqual(value(b"\xd7\x23", b"\x02\x00\x01\x00a\x02\x00\xc3\xa9"), ["a", "é"])
        self.assertEqual(value(b"\x59", b"\x01\x00\x01\x00\xab"), [b"\xab"])

    def test_nested_structs_are_decoded(self):
        inner = b"s\x00\x98\x02" b"a\x00\x04" b"t\x00\x98\x01" b"b\x00\x04"
        self.assertEqual(
            event(inner + b"c\x00\x04", b"\x01\x02\x03").values(),
            {"s": {"a": 1, "t": {"b": 2}}, "c": 3},
        )

    def test_an_array_of_structs_is_decoded(self):
        fields = b"s\x00\xd8\x01" b"a\x00\x04"
        self.assertEqual(event(fields, b"\x02\x00\x07\x08").values(), {"s": [{"a": 7}, {"a": 8}]})

    def test_values_can_be_spread_over_descriptors(self):
        decoded = event(b"a\x00\x06b\x00\x06", b"\x01", b"", b"\x00\x02\x00")
        self.assertEqual(decoded.values(), {"a": 1, "b": 2})

    def test_types_are_named(self):
        decoded = event(b"a\x00\x06b\x00\x46", b"\x01\x00\x00\x00")
        self.assertEqual(decoded.types(), {"a": "UInt16", "b": "UInt16[]"})

    def test_bytes_left_over_or_missing_are_refused(self):
        for data in (b"\x01", b"\x01\x00\x00"):
            with self.subTest(data), self.assertRaises(DecodeError):
                value(b"\x06", data)

    def test_malformed_text_is_refused(self):
        for kind, data in (
            (b"\x01", b"a\x00"),  # no end
            (b"\x01", b"a\x00\x00"),  # an end of one byte
            (b"\x01", b"\x3d\xd8\x00\x00"),  # half a pair
            (b"\x16", b"\x03\x00a\x00b"),  # half a unit
            (b"\x97\x23", b"\x01\x00\xe9"),  # not UTF-8
            (b"\x97\x23", b"\x03\x00\xed\xa0\xbd"),  # a surrogate
        ):
            with self.subTest(data), self.assertRaises(DecodeError):
                value(kind, data)

    def test_a_boolean_other_than_0_and_1_is_refused(self):
        for kind, data in ((b"\x0d", b"\x02\x00\x00\x00"), (b"\x84\x03", b"\x02")):
            with self.subTest(kind), self.assertRaises(DecodeError):
                value(kind, data)

    def test_an_array_of_binary_is_refused(self):
        with self.assertRaises(DecodeError):
            value(b"\x4e", b"\x00\x00")

    def test_a_duplicate_name_is_refused(self):
        with self.assertRaises(DecodeError):
            event(b"a\x00\x04a\x00\x04", b"\x01\x02").values()


class Descriptors(unittest.TestCase):
    def test_descriptors_must_be_traits_then_metadata_then_values(self):
        traits, metadata = part(2, b"\x04\x00P\x00"), part(1, block(b"\x00E\x00"))
        self.assertEqual(decode.decode_self_describing([traits, metadata]).provider.name, "P")
        for parts in ([], [traits], [metadata, traits], [traits, metadata, metadata]):
            with self.subTest(parts), self.assertRaises(DecodeError):
                decode.decode_self_describing(parts)

    def test_reserved_bits_are_refused(self):
        with self.assertRaises(DecodeError):
            decode.payload([part(0, b"", reserved=1)])


class Template(unittest.TestCase):
    def test_the_payload_of_event_4031_is_decoded(self):
        values = decode.decode_template({"AppDomain": "win:UnicodeString"}, b"a\0.\0e\0x\0e\0\0\0")
        self.assertEqual(values, {"AppDomain": "a.exe"})

    def test_several_fields_are_decoded(self):
        values = decode.decode_template(
            {"Text": "win:UnicodeString", "Ms": "win:Double", "Ok": "win:Boolean"},
            b"\x00\x00" + b"\x00" * 6 + b"\xf8\x3f" + b"\x01\x00\x00\x00",
        )
        self.assertEqual(values, {"Text": "", "Ms": 1.5, "Ok": True})

    def test_bytes_after_the_end_are_refused(self):
        with self.assertRaises(DecodeError):
            decode.decode_template({"AppDomain": "win:UnicodeString"}, b"\0\0\0\0")

    def test_an_unknown_type_is_refused(self):
        for name in ("win:Text", "win:Binary"):  # the length of Binary is in another field
            with self.subTest(name), self.assertRaises(DecodeError):
                decode.decode_template({"f": name}, b"\0\0")


class ProviderGuid(unittest.TestCase):
    def test_a_name_has_its_published_guid(self):
        self.assertEqual(
            decode.provider_guid("MyCompany.MyComponent"),
            uuid.UUID("ce5fa4ea-ab00-5402-8b76-9f76ac858fb5"),
        )

    def test_the_case_of_a_name_does_not_matter(self):
        self.assertEqual(decode.provider_guid("abc"), decode.provider_guid("ABC"))


if __name__ == "__main__":
    unittest.main()
