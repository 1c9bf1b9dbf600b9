#!/usr/bin/env python3
"""Prints a week of stored records, as a gateway's file sink writes them.

    records.py COUNT              COUNT records
    records.py --bytes BYTES      at least BYTES bytes

The same arguments give the same records.
"""

import argparse
import json
import math
import random
import sys
from datetime import datetime, timedelta, timezone

CAUSES = [
    ("worker refused the connection: Connection refused (os error 111)", "io::ConnectionRefused", 34),
    ("deadline has elapsed", "Elapsed", 27),
    ("no worker takes sessions of queue \"payments\"", None, 14),
    ("ワーカーが応答しません", "WorkerError", 9),
    ("TLS handshake failed: certificate expired 3 days ago", "rustls::Error", 8),
    (None, None, 5),
    ("сеанс закрыт другой стороной", "io::UnexpectedEof", 3),
]
SPANS = [("dispatch_session", 70), ("orders::handle_order", 20), ("refund_session", 10)]
EVENT = {
    "id": 4031,
    "name": "DispatchSessionFailed",
    "provider": "Microsoft-Windows-Application Server-Applications",
    "channel": "Microsoft-Windows-Application Server-Applications/Analytic",
    "task": "ActivationDispatchSession",
    "keywords": ["ActivationServices"],
}
START = datetime(2026, 11, 13, tzinfo=timezone.utc)


DAY = 86400
# (part of a week's records, second by which it is written). A storm of failures falls on the fifth day.
WEEK = [(0, 0), (0.62, 4.60 * DAY), (0.72, 4.63 * DAY), (0.76, 4.8 * DAY), (1, 7 * DAY)]


def moment(part):
    """The second by which this part of a week's records is written."""
    weeks, part = divmod(part, 1)
    for (start, since), (end, until) in zip(WEEK, WEEK[1:]):
        if part <= end:
            second = since + (part - start) / (end - start) * (until - since)
            break
    # More by day than by night.
    return weeks * 7 * DAY + second + 9000 * (1 - math.cos(second / DAY * 2 * math.pi))


def records(dice, total):
    """Yields records without end, `total` of them a week."""
    number = 0
    while True:
        number += 1
        at = moment(number / total)
        error, kind, _ = dice.choices(CAUSES, [cause[2] for cause in CAUSES])[0]
        span = dice.choices([span for span, _ in SPANS], [weight for _, weight in SPANS])[0]
        time = START + timedelta(seconds=int(at), microseconds=dice.randrange(1_000_000))
        worker = "worker-" + dice.choice("abcde")
        record = {
            "schema": 1,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": "ERROR",
            "event": EVENT,
            "message": "Session dispatch failed.",
            "locale": "en-US",
        }
        if error:
            record["error"] = error
        if kind:
            record["error_type"] = kind
        record["signal"] = "err" if error else "panic"
        record["duration_ms"] = round(math.exp(dice.gauss(3, 1.6)), 3)
        record["activity_id"] = "%08x-%04x-8%03x-a%03x-%012x" % tuple(
            dice.getrandbits(bits) for bits in (32, 16, 12, 12, 48)
        )
        record["span"] = {"name": span, "target": "order_gateway::dispatch", "file": "src/dispatch.rs", "line": 71}
        record["fields"] = {
            "session.id": number,
            "worker": worker,
            "queue": dice.choice(["orders", "payments", "refunds"]),
            "attempt": dice.randrange(1, 4),
            "amount": round(dice.uniform(1, 900), 2),
        }
        record.update(app="order_gateway", host="gateway-" + str(dice.randrange(3)), pid=4242, thread="tokio-worker-1")
        yield record


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?")
    parser.add_argument("--bytes", type=int)
    args = parser.parse_args()
    written = 0
    for number, record in enumerate(records(random.Random(4031), args.count or 100_000)):
        if number == args.count or args.bytes is not None and written >= args.bytes:
            return
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
        written += len(line.encode())
        sys.stdout.write(line)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        pass
