#!/usr/bin/env python3
"""Prints stored records whose every text tries to break out of the page. Oldest first."""

import json

TEXTS = [
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 2</script>",
    "</noscript></details></table><img src=x onerror=\"window.ran = 3\">",
    "<!--<script>",
    "\"><svg onload=window.ran=4>",
    "' onclick='window.ran=5' x='",
    "javascript:window.ran=6",
    "{\"a\":\"\\\"}]</SCRIPT ><script>window.ran=7//",
    "paid\u202eton\u2066 \u2069\u200f\ufeff",
    "__proto__",
    "a\nb\r\t\u0007\u001b[31m\u2028\u0085",
    "${window.ran = 8} `${window.ran}` $& $1 {shown} {total}",
    "<base href=https://example.invalid/><a href=javascript:window.ran=9>x</a>",
    "<meta http-equiv=refresh content='0;url=https://example.invalid/'>",
]

for number, text in enumerate(TEXTS):
    print(
        json.dumps(
            {
                "schema": 1,
                "timestamp": f"2026-11-20T23:30:{number:02}.000000Z",
                "level": "ERROR",
                "event": {"id": 4031, "name": text},
                "message": text,
                "locale": text,
                "error": text,
                "error_type": text,
                "signal": "err",
                "duration_ms": 1.5,
                "activity_id": f"00000000-0000-8000-a000-{number:012x}",
                "span": {"name": text, "target": text, "file": text, "line": 1},
                "parents": [text, text],
                "fields": {text: text, "constructor": text, "worker": text},
                "app": text,
                "host": text,
                "pid": 1,
                "thread": text,
            },
            ensure_ascii=False,
        )
    )
