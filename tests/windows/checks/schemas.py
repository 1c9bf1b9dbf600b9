"""The three schemas of the sink `etw` as they must be, written down independently of it."""

import json
import uuid

from decode import decode_self_describing, decode_template, payload, provider_guid
from recording import Descriptor
from wine import run

WCF = uuid.UUID("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503")
OWN = provider_guid("TracingDispatchFailure")
EVENTS = provider_guid("TracingDispatchFailure-Events")
ALL = "wcf,tracelogging,manifest"

DESCRIPTORS = {
    WCF: Descriptor(4031, 0, 18, 2, 0, 2500, 0x2000000000000800),
    OWN: Descriptor(4031, 0, 11, 2, 0, 2500, 0x800),
    EVENTS: Descriptor(4031, 0, 16, 2, 0, 2500, 0x8000000000000800),
}
APP_DOMAIN = {"AppDomain": "win:UnicodeString"}
TEMPLATE = {
    "AppDomain": "win:UnicodeString",
    "Message": "win:UnicodeString",
    "Error": "win:UnicodeString",
    "ErrorType": "win:UnicodeString",
    "Signal": "win:UnicodeString",
    "Span": "win:UnicodeString",
    "DurationMs": "win:Double",
    "Fields": "win:UnicodeString",
}


def fail(program: str, *arguments: str, session: str = "enable", schema: str = ALL, **settings: str):
    """Runs a program with the sink `etw`; settings are DISPATCH_FAILURE_… without that prefix."""
    variables = {"SINKS": "etw", "ETW_SCHEMA": schema, **settings}
    return run(
        program,
        *arguments,
        session=session,
        **{f"DISPATCH_FAILURE_{name}": value for name, value in variables.items()},
    )


def stats(done) -> dict:
    """The counts that the program prints at its end."""
    return json.loads(done.stdout.splitlines()[-1])


def accepted(calls):
    """The writes that the system accepted."""
    return type(calls)(call for call in calls.writes() if call.result == 0)


def counts(calls) -> tuple[int, int, int]:
    """The number of writes of each schema."""
    return tuple(len(calls.writes().by(provider)) for provider in (WCF, OWN, EVENTS))


def app_domain(call) -> str:
    return decode_template(APP_DOMAIN, payload(call.data))["AppDomain"]


def described(call) -> dict:
    return decode_self_describing(call.data).values()


def manifested(call) -> dict:
    return decode_template(TEMPLATE, payload(call.data))
