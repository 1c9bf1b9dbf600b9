#!/usr/bin/env python3
"""Decodes ETW events from their bytes, independently of what wrote them.

Written from the documentation of the formats alone:

* provider traits: learn.microsoft.com/windows/win32/etw/provider-traits
* TraceLogging (self-describing) events: the documentation of the types InType and
  OutType and of the event builder in microsoft/tracelogging, and of the macros of
  TraceLoggingProvider.h, of which TraceLoggingEventTag explains the tags
* templates: learn.microsoft.com/windows/win32/wes/eventmanifestschema-inputtype-complextype

It is stricter than a decoder has to be: text must be well-formed, a Boolean 0 or 1,
and not a byte may be missing or left over.

    decode.py RECORDING    prints the calls of a recording, events decoded
"""

import dataclasses
import hashlib
import struct
import sys
import typing
import uuid

PROVIDER_METADATA, EVENT_METADATA, PLAIN = 2, 1, 0  # types of data descriptors
BINARY, STRUCT = 14, 24
MOST_FIELDS = 128  # that common decoders can take
OUT_BOOLEAN, OUT_XML, OUT_JSON, OUT_UTF8 = 3, 11, 12, 35


class DecodeError(Exception):
    """The bytes do not follow their format."""


class Cursor:
    """Takes bytes from the front."""

    def __init__(self, data: bytes, what: str):
        self.data, self.what, self.at = bytes(data), what, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            left = len(self.data) - self.at
            raise DecodeError(f"{self.what}: {size} bytes are needed, {left} are left")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def until_nul(self, width: int) -> bytes:
        start = self.at
        while (unit := self.take(width)) != bytes(width):
            pass
        return self.data[start : self.at - len(unit)]

    def at_end(self) -> bool:
        return self.at == len(self.data)

    def expect_end(self):
        if not self.at_end():
            raise DecodeError(f"{self.what}: {len(self.data) - self.at} bytes are left over")


def text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DecodeError(f"{data.hex()} is not {encoding}: {error.reason}") from None


# --- values -----------------------------------------------------------------


def encoding_of(out_type: int) -> str:
    return "utf-8" if out_type in (OUT_UTF8, OUT_XML, OUT_JSON) else "cp1252"


def fixed(form: str):
    return lambda cursor, _: cursor.number(form)


def byte(cursor: Cursor, out_type: int):
    value = cursor.number("B")
    return boolean(value) if out_type == OUT_BOOLEAN else value


def boolean(value: int) -> bool:
    if value not in (0, 1):
        raise DecodeError(f"a Boolean is {value}")
    return value == 1


def counted(cursor: Cursor) -> bytes:
    return cursor.take(cursor.number("H"))


def sid(cursor: Cursor) -> str:
    revision, count = cursor.number("B"), cursor.number("B")
    authority = int.from_bytes(cursor.take(6), "big")
    parts = [revision, authority, *(cursor.number("I") for _ in range(count))]
    return "S-" + "-".join(map(str, parts))


# The number of a type in self-describing metadata, its name in a manifest (there
# with "win:" before it), and how its value is read: (cursor, out type) -> value.
TYPES: dict[int, tuple[str, typing.Callable[[Cursor, int], typing.Any]]] = {
    1: ("UnicodeString", lambda c, _: text(c.until_nul(2), "utf-16-le")),
    2: ("AnsiString", lambda c, out: text(c.until_nul(1), encoding_of(out))),
    3: ("Int8", fixed("b")),
    4: ("UInt8", byte),
    5: ("Int16", fixed("h")),
    6: ("UInt16", fixed("H")),
    7: ("Int32", fixed("i")),
    8: ("UInt32", fixed("I")),
    9: ("Int64", fixed("q")),
    10: ("UInt64", fixed("Q")),
    11: ("Float", fixed("f")),
    12: ("Double", fixed("d")),
    13: ("Boolean", lambda c, _: boolean(c.number("I"))),
    14: ("Binary", lambda c, _: counted(c)),
    15: ("GUID", lambda c, _: uuid.UUID(bytes_le=c.take(16))),
    17: ("FILETIME", fixed("Q")),  # 100 ns since 1601
    18: ("SYSTEMTIME", lambda c, _: struct.unpack("<8H", c.take(16))),
    19: ("SID", lambda c, _: sid(c)),
    20: ("HexInt32", fixed("I")),
    21: ("HexInt64", fixed("Q")),
    22: ("CountedUnicodeString", lambda c, _: text(counted(c), "utf-16-le")),
    23: ("CountedAnsiString", lambda c, out: text(counted(c), encoding_of(out))),
    25: ("CountedBinary", lambda c, _: counted(c)),
}
BY_NAME = {name: read for name, read in TYPES.values() if name != "Binary"}


# --- self-describing events --------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Trait:
    kind: int  # 1: provider group
    data: bytes


@dataclasses.dataclass(frozen=True)
class Traits:
    name: str
    traits: tuple[Trait, ...] = ()


@dataclasses.dataclass(frozen=True)
class Field:
    """The description of a field, and its value once it has been read."""

    name: str
    in_type: int
    out_type: int = 0  # of a struct: how many fields it has
    tags: int = 0
    array: typing.Union[None, str, int] = None  # "variable", or a constant count
    members: tuple["Field", ...] = ()
    value: typing.Any = None

    @property
    def type(self) -> str:
        name = "Struct" if self.in_type == STRUCT else TYPES[self.in_type][0]
        return name if self.array is None else name + "[]"


@dataclasses.dataclass(frozen=True)
class Event:
    """A self-describing event. A struct's value is a tuple of fields."""

    provider: typing.Optional[Traits]
    name: str
    tags: int
    fields: tuple[Field, ...]

    def values(self) -> dict:
        return plain(self.fields)

    def types(self) -> dict:
        return {field.name: field.type for field in self.fields}


def plain(fields: typing.Iterable[Field]) -> dict:
    """Names and values; DecodeError if a name comes twice."""
    result = {}
    for field in fields:
        if field.name in result:
            raise DecodeError(f"the field {field.name!r} comes twice")
        value = field.value
        if field.in_type == STRUCT:
            value = plain(value) if field.array is None else [plain(item) for item in value]
        result[field.name] = value
    return result


def sized(data: bytes, what: str) -> Cursor:
    """A block that begins with its own size, which must be right."""
    cursor = Cursor(data, what)
    size = cursor.number("H")
    if size != len(data):
        raise DecodeError(f"{what}: says that it has {size} bytes, has {len(data)}")
    return cursor


def name(cursor: Cursor) -> str:
    return text(cursor.until_nul(1), "utf-8")


def tags(cursor: Cursor) -> int:
    """Up to 28 bits in up to four bytes, the highest seven first, each byte but the
    last with its highest bit set."""
    value = 0
    for shift in (21, 14, 7, 0):
        part = cursor.number("B")
        value |= (part & 0x7F) << shift
        if not part & 0x80:
            return value
    raise DecodeError(f"{cursor.what}: tags have more than four bytes")


def decode_traits(data: bytes) -> Traits:
    cursor = sized(data, "provider traits")
    provider, traits = name(cursor), []
    while not cursor.at_end():
        size = cursor.number("H")
        if size < 3:
            raise DecodeError(f"provider traits: a trait has {size} bytes")
        traits.append(Trait(cursor.number("B"), cursor.take(size - 3)))
    return Traits(provider, tuple(traits))


def decode_metadata(data: bytes) -> Event:
    """The event's description, without values and provider."""
    cursor = sized(data, "event metadata")
    event_tags, event_name, fields = tags(cursor), name(cursor), []
    while not cursor.at_end():
        fields.append(decode_field(cursor))
    if (count := sum(map(weight, fields))) > MOST_FIELDS:
        raise DecodeError(f"the event has {count} fields, decoders take {MOST_FIELDS}")
    return Event(None, event_name, event_tags, tuple(fields))


def weight(field: Field) -> int:
    """How many fields Windows counts for one: a length or a count is a field too."""
    has_length = field.in_type == BINARY or field.array == "variable"
    return 1 + has_length + sum(map(weight, field.members))


def decode_field(cursor: Cursor) -> Field:
    field_name = name(cursor)
    kind, out_type, field_tags = cursor.number("B"), 0, 0
    if kind & 0x80:
        out_type = cursor.number("B")
        if out_type & 0x80:
            field_tags = tags(cursor)
    in_type, out_type, array = kind & 0x1F, out_type & 0x7F, None
    if kind & 0x60 == 0x60:
        raise DecodeError(f"the field {field_name!r} has a custom serializer")
    if kind & 0x40:
        array = "variable"
    elif kind & 0x20:
        array = cursor.number("H")
    if in_type != STRUCT and in_type not in TYPES:
        raise DecodeError(f"the field {field_name!r} has the unknown type {in_type}")
    if in_type == BINARY and array is not None:
        raise DecodeError(f"the field {field_name!r} is an array of Binary")
    members = ()
    if in_type == STRUCT:
        if out_type == 0:
            raise DecodeError(f"the struct {field_name!r} has no fields")
        members = tuple(decode_field(cursor) for _ in range(out_type))
    return Field(field_name, in_type, out_type, field_tags, array, members)


def decode_values(fields: typing.Iterable[Field], data: bytes) -> tuple[Field, ...]:
    """The fields with their values."""
    cursor = Cursor(data, "event data")
    filled = tuple(fill(field, cursor) for field in fields)
    cursor.expect_end()
    return filled


def fill(field: Field, cursor: Cursor) -> Field:
    cursor.what = f"the field {field.name!r}"
    if field.array is None:
        value = one_value(field, cursor)
    else:
        count = cursor.number("H") if field.array == "variable" else field.array
        value = [one_value(field, cursor) for _ in range(count)]
    return dataclasses.replace(field, value=value)


def one_value(field: Field, cursor: Cursor):
    if field.in_type == STRUCT:
        return tuple(fill(member, cursor) for member in field.members)
    return TYPES[field.in_type][1](cursor, field.out_type)


# --- whole events -------------------------------------------------------------


def decode_self_describing(data: typing.Sequence) -> Event:
    """An event from its data descriptors: anything with .type, .reserved, .bytes."""
    kinds = [part.type for part in data]
    if kinds[:2] != [PROVIDER_METADATA, EVENT_METADATA]:
        raise DecodeError(f"the data descriptors have the types {kinds}")
    values = payload(data[2:])
    event = decode_metadata(data[1].bytes)
    return dataclasses.replace(
        event,
        provider=decode_traits(data[0].bytes),
        fields=decode_values(event.fields, values),
    )


def payload(data: typing.Sequence) -> bytes:
    """The bytes of plain data descriptors, which Windows joins without gaps."""
    for part in data:
        if part.type != PLAIN or part.reserved:
            raise DecodeError(f"a data descriptor has the type {part.type}, {part.reserved}")
    return b"".join(part.bytes for part in data)


def decode_template(template: typing.Mapping[str, str], data: bytes) -> dict:
    """An event of a manifest's template: the fields' names and types, like
    {"AppDomain": "win:UnicodeString"}, in order."""
    cursor, values = Cursor(data, "event data"), {}
    for field_name, type_name in template.items():
        cursor.what = f"the field {field_name!r}"
        read = BY_NAME.get(type_name.removeprefix("win:"))
        if read is None:
            raise DecodeError(f"the field {field_name!r} has the unknown type {type_name}")
        values[field_name] = read(cursor, 0)
    cursor.expect_end()
    return values


def provider_guid(provider: str) -> uuid.UUID:
    """The GUID of a provider that is known by its name, as EventSource, TraceLogging
    and the tracing tools compute it."""
    namespace = uuid.UUID("482c2db2-c390-47c8-87f8-1a15bfc130fb")
    digest = hashlib.sha1(namespace.bytes + provider.upper().encode("utf-16-be"))
    guid = bytearray(digest.digest()[:16])
    guid[7] = guid[7] & 0x0F | 0x50
    return uuid.UUID(bytes_le=bytes(guid))


def main():
    import recording

    for call in recording.read(sys.argv[1]):
        facts = (call.name, call.provider, call.event, call.rest or None, call.result)
        print(*(fact for fact in facts if fact is not None))
        if call.data and call.data[0].type == PROVIDER_METADATA:
            event = decode_self_describing(call.data)
            print(f"    {event.name} by {event.provider.name}")
            for field in event.fields:
                print(f"    {field.name}: {field.type} = {field.value!r}")
        elif call.event:
            print(f"    {payload(call.data)!r}")


if __name__ == "__main__":
    main()
