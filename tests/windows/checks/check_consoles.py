"""The console sinks on Windows: pipes and files get UTF-8, in the language of the user."""

import json
import unittest

from wine import run

MESSAGES = {
    "ja_JP.UTF-8": "セッション ディスパッチに失敗しました。",
    "fr_FR.UTF-8": "Échec de la distribution de sessions.",
    "C.UTF-8": "Session dispatch failed.",
}


class Consoles(unittest.TestCase):
    def test_console_sinks_write_the_language_of_the_user_interface(self):
        for locale, message in MESSAGES.items():
            with self.subTest(locale):
                done = run("values", LC_ALL=locale, DISPATCH_FAILURE_SINKS="stdout,stderr")
                self.assertEqual(done.code, 0)
                self.assertEqual(done.calls, [])
                for stream in (done.stdout.splitlines()[0], done.stderr.rstrip("\n")):
                    self.assertIn(f" ERROR 4031 DispatchSessionFailed: {message} error=", stream)
                    self.assertIn('beyond="𠮷野家 🦀', stream)

    def test_json_records_are_in_the_configured_language(self):
        done = run(
            "values",
            LC_ALL="ja_JP.UTF-8",
            DISPATCH_FAILURE_SINKS="stdout",
            DISPATCH_FAILURE_FORMAT="json",
            DISPATCH_FAILURE_STDOUT_LOCALE="en",
        )
        record = json.loads(done.stdout.splitlines()[0])
        self.assertEqual((record["locale"], record["app"]), ("en-US", "values.exe"))
        self.assertEqual(record["fields"]["nul"], "a\0b")
