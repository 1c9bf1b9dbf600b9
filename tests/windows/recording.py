"""Reads the recording that advapi32.dll has written: one JSON object per call."""

import dataclasses
import json
import typing
import uuid


@dataclasses.dataclass(frozen=True)
class Data:
    """An EVENT_DATA_DESCRIPTOR and the bytes that it pointed to."""

    type: int
    reserved: int
    bytes: bytes


@dataclasses.dataclass(frozen=True)
class Descriptor:
    """An EVENT_DESCRIPTOR."""

    id: int
    version: int
    channel: int
    level: int
    opcode: int
    task: int
    keyword: int


@dataclasses.dataclass(frozen=True)
class Call:
    """A call by the program, or a note of the recorder: EnableCallback means that it called
    the program back, Mark that the program asked for a mark."""

    name: str
    thread: int
    handle: typing.Optional[int]
    provider: typing.Optional[uuid.UUID]
    result: typing.Optional[int]
    event: typing.Optional[Descriptor]  # of a write
    activity: typing.Optional[uuid.UUID]
    related: typing.Optional[uuid.UUID]
    data: tuple[Data, ...]
    rest: dict  # what belongs to a single function: class, bytes, code, text, …


class Recording(list):
    """Calls, in their order."""

    def of(self, name: str) -> "Recording":
        return Recording(call for call in self if call.name == name)

    def by(self, provider: typing.Union[str, uuid.UUID]) -> "Recording":
        provider = uuid.UUID(str(provider))
        return Recording(call for call in self if call.provider == provider)

    def writes(self) -> "Recording":
        return Recording(call for call in self if call.name.startswith("EventWrite"))

    def after_marks(self) -> dict[str, "Recording"]:
        """The calls that follow each mark, up to the next one."""
        marks: dict[str, Recording] = {"": Recording()}
        phase = marks[""]
        for call in self:
            if call.name == "Mark":
                phase = marks.setdefault(call.rest["text"], Recording())
            else:
                phase.append(call)
        return marks

    def unpaired(self) -> "Recording":
        """Registrations that were not ended, and attempts to end ones that are not open."""
        open_handles = {}
        left = Recording()
        for call in self:
            if call.name == "EventRegister":
                open_handles[call.handle] = call
            elif call.name == "EventUnregister" and not open_handles.pop(call.handle, None):
                left.append(call)
        return Recording([*open_handles.values(), *left])


def read(path) -> Recording:
    """Reads a recording. Every line must be complete, and none may be missing. The first
    line proves that the recorder was loaded: without it there would be no writes either."""
    calls = Recording()
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            fields = json.loads(line)
            if fields.pop("line") != number:
                raise ValueError(f"{path}: line {number} is not the recorder's line {number}")
            calls.append(call_of(fields))
    if not calls or calls.pop(0).name != "Loaded":
        raise ValueError(f"{path}: the program did not load the recorder")
    return calls


def call_of(fields: dict) -> Call:
    def guid(key):
        value = fields.pop(key, None)
        return uuid.UUID(value) if value else None

    def hexadecimal(key):
        return int(fields.pop(key), 16) if key in fields else None

    event = None
    if "id" in fields:
        event = Descriptor(
            *(fields.pop(key) for key in ("id", "version", "channel", "level", "opcode", "task")),
            keyword=hexadecimal("keyword"),
        )
    return Call(
        name=fields.pop("call"),
        thread=fields.pop("thread"),
        handle=hexadecimal("handle"),
        provider=guid("provider"),
        result=fields.pop("result", None),
        event=event,
        activity=guid("activity"),
        related=guid("related"),
        data=tuple(map(data_of, fields.pop("data", ()))),
        rest={key: converted(key, value) for key, value in fields.items()},
    )


def data_of(fields: dict) -> Data:
    data = Data(fields["type"], fields["reserved"], bytes.fromhex(fields["bytes"]))
    if len(data.bytes) != fields["size"]:
        raise ValueError(f"a descriptor of {fields['size']} bytes has {len(data.bytes)}")
    return data


def converted(key: str, value):
    if key == "bytes":
        return bytes.fromhex(value)
    return int(value, 16) if key in ("any", "all", "keyword") else value
