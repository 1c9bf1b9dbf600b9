"""Checks the entries in a real journal, read back with journalctl. Started by run.sh."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM, COMMANDS = sys.argv.pop(1), sys.argv.pop(1)
ROOT = Path(__file__).resolve().parents[2]
SOCKET = Path("/run/systemd/journal/socket")
JOURNAL = Path("/run/log/journal")
CATALOGS = Path("/usr/lib/systemd/catalog")
MESSAGE_ID = "c9fe9959aeac4446a4887c7c94c92cef"
# The reader's locale, and the language that the reader should get.
READERS = {
    "ja_JP.UTF-8": "ja-JP",
    "fr_FR.UTF-8": "fr-FR",
    "ru_RU.UTF-8": "ru-RU",
    "ko_KR.UTF-8": "ko-KR",
    "zh_TW.UTF-8": "zh-TW",
    "zh_HK.UTF-8": "zh-TW",
    "zh_SG.UTF-8": "zh-CN",
    "pt_PT.UTF-8": "pt-BR",
    "uk_UA.UTF-8": "en-US",
    "C": "en-US",
}

folder = None
journald = None


def setUpModule():
    global folder, journald
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    make_locales()
    journald = Journald()
    unittest.addModuleCleanup(journald.clean_up)
    journald.start()
    catalogs = install_catalogs()
    unittest.addModuleCleanup(remove_catalogs, catalogs)


def path(name):
    return Path(folder.name, name)


def make_locales():
    """Generates the readers' locales where LOCPATH finds them, without touching the system's."""
    path("locales").mkdir()
    for name in READERS:
        language, dot, charset = name.partition(".")
        if dot:
            command = ["localedef", "-i", language, "-f", charset, path("locales") / name]
            subprocess.run(command, check=True)


def environment(**more):
    """Our environment without the crate's variables and without a language."""
    ours = re.compile("DISPATCH_FAILURE_|LC_|LANG|LOCPATH|JOURNAL_STREAM|NOTIFY_SOCKET")
    plain = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**plain, "LOCPATH": str(path("locales")), "LC_ALL": "C", **more}


def journalctl(*arguments, locale="C"):
    """The output of journalctl for a reader with this locale."""
    command = ["journalctl", "--no-pager", *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, env=environment(LC_ALL=locale))
    return done.stdout.decode()


class Journald:
    """The real systemd-journald, started by hand."""

    CONFIGURATION = Path("/run/systemd/journald.conf.d/dispatch-failure-test.conf")

    def __init__(self):
        self.process = None
        made = [SOCKET.parent, JOURNAL, self.CONFIGURATION.parent]
        self.made = [folder for folder in made if not folder.exists()]
        self.CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
        self.CONFIGURATION.write_text(
            "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitIntervalSec=0\n"
            "ForwardToSyslog=no\nForwardToWall=no\n"
        )

    def start(self):
        """Starts journald, and waits until it says that it is ready."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            address = str(path("ready"))
            ready.bind(address)
            ready.settimeout(60)
            self.process = subprocess.Popen(
                ["/lib/systemd/systemd-journald"], env={"NOTIFY_SOCKET": address}, stderr=subprocess.DEVNULL
            )
            while b"READY=1" not in ready.recv(4096).split(b"\n"):
                pass
        path("ready").unlink()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def signal(self, number):
        self.process.send_signal(number)

    def clean_up(self):
        self.stop()
        self.CONFIGURATION.unlink()
        for folder in self.made:
            shutil.rmtree(folder)

    @staticmethod
    def entries(*matches):
        """The entries of event 4031, oldest first."""
        journalctl("--sync")
        lines = journalctl("-D", JOURNAL, "-o", "json", "--all", f"MESSAGE_ID={MESSAGE_ID}", *matches)
        return [Entry(json.loads(line)) for line in lines.splitlines()]


class Entry:
    """One entry as `journalctl -o json` writes it."""

    def __init__(self, fields):
        self.fields = fields

    def values(self, name):
        """All values of a field. journalctl writes a value that is not plain text as a list of bytes."""
        if name not in self.fields:
            return []
        found = self.fields[name]
        is_one = isinstance(found, str) or all(isinstance(item, int) for item in found)
        values = [found] if is_one else found
        return [value if isinstance(value, str) else bytes(value).decode() for value in values]

    def __getitem__(self, name):
        [value] = self.values(name)
        return value


class Commands:
    """Runs program.rs, which fails dispatches on command."""

    def __init__(self, **variables):
        variables = {"DISPATCH_FAILURE_SINKS": "journald", **variables}
        self.process = subprocess.Popen(
            [COMMANDS],
            env=environment(**variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, command):
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def stats(self):
        """The numbers of delivered and of lost records."""
        _, delivered, _, failed = self("stats").split()
        return int(delivered), int(failed)

    def entries(self):
        return journald.entries(f"_PID={self.process.pid}")

    def only_entry(self):
        [entry] = self.entries()
        return entry


def install_catalogs():
    """Writes the catalogs, compiles them and returns the files."""
    before = set(CATALOGS.iterdir())
    with Commands() as commands:
        commands(f"catalogs {CATALOGS}")
    journalctl("--update-catalog")
    return set(CATALOGS.iterdir()) - before


def remove_catalogs(files):
    for file in files:
        file.unlink()
    journalctl("--update-catalog")


def text(tag, name):
    """A text from the Fluent file of a language."""
    source = (ROOT / "locales" / tag / "event-4031.ftl").read_text()
    return re.search(rf"^{name} = (.*)$", source, re.MULTILINE).group(1)


def field_name(name):
    return "F_" + re.sub("[^A-Z0-9_]", "_", name.upper())


def send_requests(process):
    """Sends requests, some of which fail, and stops the gateway. Returns how many failed."""
    address = process.stdout.readline().split()[-1]
    statuses = []
    for order in range(30):
        backend = ["healthy", "refusing", "slow"][order % 3]
        request = urllib.request.Request(f"{address}/orders/{order}/sessions/{backend}", method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                statuses.append(answer.status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
            error.close()
    process.terminate()
    return sum(status >= 500 for status in statuses)


class RecordsOfAProgram(unittest.TestCase):
    """The records of PROGRAM: in the journal, and as JSON in a file beside it."""

    @classmethod
    def setUpClass(cls):
        stored = path("records.jsonl")
        variables = {
            "DISPATCH_FAILURE_SINKS": "journald,file",
            "DISPATCH_FAILURE_FILE_PATH": str(stored),
            "DISPATCH_FAILURE_JOURNALD_LOCALE": "ru-RU",
        }
        is_gateway = Path(PROGRAM).name == "order_gateway"
        arguments = ["--port", "0", "--timeout-ms", "50"] if is_gateway else []
        log = path("program.log")
        with log.open("w") as stderr, subprocess.Popen(
            [PROGRAM, *arguments],
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process:
            cls.failures = send_requests(process) if is_gateway else None
            process.communicate(timeout=60)
        assert process.returncode == 0, f"{PROGRAM} ended with {process.returncode}: {log.read_text()}"
        lines = stored.read_text().splitlines()
        # Numbers stay text, so that they are compared digit by digit.
        cls.records = [json.loads(line, parse_int=str, parse_float=str) for line in lines]
        entries = journald.entries(f"_PID={process.pid}")
        cls.entries = {entry["DISPATCH_ACTIVITY_ID"]: entry for entry in entries}
        cls.pid = str(process.pid)

    def test_each_failure_is_one_entry(self):
        self.assertGreater(len(self.records), 0)
        self.assertEqual(len(self.entries), len(self.records))
        if self.failures is not None:
            self.assertEqual(len(self.entries), self.failures)

    def test_an_entry_has_every_key_of_the_record(self):
        for record in self.records:
            entry = self.entries[record["activity_id"]]
            event, span = record["event"], record["span"]
            expected = {
                "MESSAGE": text("ru-RU", "message"),
                "MESSAGE_ID": MESSAGE_ID,
                "PRIORITY": "3",
                "SYSLOG_IDENTIFIER": record["app"],
                "CODE_FILE": span["file"],
                "CODE_LINE": span["line"],
                "EVENT_ID": "4031",
                "EVENT_NAME": event["name"],
                "EVENT_PROVIDER": event["provider"],
                "EVENT_CHANNEL": event["channel"],
                "EVENT_TASK": event["task"],
                "EVENT_KEYWORDS": " ".join(event["keywords"]),
                "DISPATCH_LOCALE": "ru-RU",
                "DISPATCH_TIMESTAMP": record["timestamp"],
                "DISPATCH_ERROR": record.get("error"),
                "DISPATCH_ERROR_TYPE": record.get("error_type"),
                "DISPATCH_SIGNAL": record["signal"],
                "DISPATCH_SUPPRESSED": record.get("suppressed"),
                "DISPATCH_DURATION_MS": record["duration_ms"],
                "DISPATCH_ACTIVITY_ID": record["activity_id"],
                "DISPATCH_SPAN": span["name"],
                "DISPATCH_TARGET": span["target"],
                "DISPATCH_PARENTS": " / ".join(record["parents"]) if "parents" in record else None,
                "DISPATCH_APP": record["app"],
                "DISPATCH_HOST": record.get("host"),
                "DISPATCH_PID": record["pid"],
                "DISPATCH_THREAD": record.get("thread"),
                "_PID": self.pid,
                "_TRANSPORT": "journal",
            }
            for name, value in record["fields"].items():
                expected[field_name(name)] = {True: "true", False: "false"}.get(value, value)
            for name, value in expected.items():
                self.assertEqual(entry.values(name), [] if value is None else [value], name)
            ours = {name for name in entry.fields if re.match("F_|DISPATCH_|EVENT_|CODE_", name)}
            self.assertLessEqual(ours, expected.keys())

    def test_journalctl_explains_a_failure_in_the_language_of_each_reader(self):
        record = next(record for record in self.records if "error" in record)
        match = f"DISPATCH_ACTIVITY_ID={record['activity_id']}"
        for locale, tag in READERS.items():
            with self.subTest(locale=locale):
                shown = journalctl("-D", JOURNAL, "-x", match, locale=locale)
                for name in ["message", "title", "description", "error-label", "span-label"]:
                    self.assertIn(text(tag, name), shown)
                self.assertRegex(shown, rf"{text(tag, 'error-label')} +{re.escape(record['error'])}\n")
                self.assertRegex(shown, rf"{text(tag, 'span-label')} +{record['span']['name']}\n")
                for other in set(READERS.values()) - {tag}:
                    self.assertNotIn(text(other, "description"), shown)


class Catalogs(unittest.TestCase):
    def test_update_catalog_accepts_the_catalogs_under_another_root(self):
        root = path("root")
        catalogs = root / "usr/lib/systemd/catalog"
        catalogs.mkdir(parents=True)
        with Commands() as commands:
            commands(f"catalogs {catalogs}")
        done = subprocess.run(
            ["journalctl", f"--root={root}", "--update-catalog"], check=True, capture_output=True, text=True
        )
        self.assertEqual(done.stderr, "")
        for locale, tag in READERS.items():
            listed = journalctl(f"--root={root}", "--list-catalog", locale=locale)
            self.assertEqual(listed.strip(), f"{MESSAGE_ID} tracing-dispatch-failure: {text(tag, 'message')}")


class ValuesOfEveryKind(unittest.TestCase):
    def test_an_entry_has_values_of_every_type_and_the_enclosing_span(self):
        with Commands(DISPATCH_FAILURE_APP="a gateway", DISPATCH_FAILURE_JOURNALD_LOCALE="ja-JP") as commands:
            commands("plain worker-a")
        entry = commands.only_entry()
        expected = {
            "MESSAGE": text("ja-JP", "message"),
            "SYSLOG_IDENTIFIER": "a gateway",
            "DISPATCH_ERROR": "worker-a refused the connection",
            "DISPATCH_ERROR_TYPE": "ConnectionRefused",
            "DISPATCH_SIGNAL": "error-field",
            "DISPATCH_ACTIVITY_ID": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
            "DISPATCH_PARENTS": "request",
            "F_SESSION_ID": "7",
            "F_LOAD": "2.0",
            "F_RETRIED": "true",
            "F_DELTA": "-5",
            "F_WORKER": "worker-a",
            "F_TRACE_ID": "4bf92f3577b34da6a3ce929d0e0e4736",
        }
        self.assertEqual({name: entry[name] for name in expected}, expected)

    def test_the_message_is_english_by_default(self):
        with Commands(LC_ALL="ja_JP.UTF-8") as commands:
            commands("plain worker-a")
        entry = commands.only_entry()
        self.assertEqual((entry["MESSAGE"], entry["DISPATCH_LOCALE"]), ("Session dispatch failed.", "en-US"))

    def test_an_unknown_error_has_no_field(self):
        with Commands() as commands:
            commands("unknown")
        entry = commands.only_entry()
        self.assertEqual((entry["DISPATCH_SIGNAL"], entry.values("DISPATCH_ERROR")), ("panic", []))

    def test_a_record_longer_than_a_datagram_arrives_complete(self):
        length = 1 << 20
        longest_datagram = int(Path("/proc/sys/net/core/wmem_default").read_text())
        self.assertLess(longest_datagram, 3 * length, "the record fits into a datagram on this machine")
        with Commands(DISPATCH_FAILURE_FIELD_LIMIT="1MiB") as commands:
            commands(f"large {length}")
            self.assertEqual(commands.stats(), (1, 0))
        entry = commands.only_entry()
        for name in ["F_LARGE_1", "F_LARGE_2", "F_LARGE_3"]:
            self.assertTrue(entry[name] == "0123456789abcdef" * (length // 16), name)
        self.assertEqual(entry["DISPATCH_ERROR"], "too much")

    def test_newlines_and_control_characters_arrive_unchanged(self):
        with Commands() as commands:
            commands("binary")
        entry = commands.only_entry()
        self.assertEqual(entry["F_LINES"], "first\nMESSAGE=forged\nlast\n")
        self.assertEqual(entry["F_BYTES"], "\0\x01\x1b[31m=\t\x7f")
        self.assertEqual(entry["F_EMPTY"], "")
        self.assertEqual(entry["F_BIDI"], "\u202egnp.exe")
        self.assertEqual(entry["DISPATCH_ERROR"], "first cause\n\nsecond cause")
        self.assertEqual(entry["MESSAGE"], "Session dispatch failed.")

    def test_colliding_names_keep_both_values_and_long_names_are_cut(self):
        with Commands() as commands:
            commands("colliding")
        entry = commands.only_entry()
        self.assertEqual(sorted(entry.values("F_USER_ID")), ["dot", "underscore"])
        cut = [name for name in entry.fields if name.startswith("F_A_NAME_")]
        self.assertEqual([len(name) for name in cut], [64, 64])
        self.assertEqual(sorted(entry[name] for name in cut), ["first", "second"])


class JournaldThatStopsOrHangs(unittest.TestCase):
    def tearDown(self):
        if journald.process.poll() is not None:
            journald.start()

    def startup_error(self):
        """Starts PROGRAM, which must fail without a journald; returns its stderr."""
        variables = environment(DISPATCH_FAILURE_SINKS="journald")
        done = subprocess.run([PROGRAM], env=variables, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_a_missing_journald_is_an_error_at_start(self):
        journald.stop()
        for reason in ["Connection refused", "No such file or directory"]:
            error = self.startup_error()
            self.assertIn(f"the sink `journald` cannot be opened: {SOCKET}: {reason}", error)
            SOCKET.unlink(missing_ok=True)

    def test_losses_to_a_stopped_journald_are_counted_and_delivery_resumes(self):
        with Commands() as commands:
            commands("plain before")
            journald.stop()
            commands("plain meanwhile")
            commands("plain meanwhile")
            self.assertEqual(commands.stats(), (1, 2))
            journald.start()
            commands("plain after")
            self.assertEqual(commands.stats(), (2, 2))
        self.assertEqual([entry["F_WORKER"] for entry in commands.entries()], ["before", "after"])

    def test_losses_to_a_hanging_journald_are_counted_and_delivery_resumes(self):
        with Commands() as commands:
            journald.signal(signal.SIGSTOP)
            try:
                for _ in range(2000):
                    commands("plain meanwhile")
                delivered, failed = commands.stats()
                self.assertEqual(delivered + failed, 2000)
                self.assertGreater(failed, 0)
            finally:
                journald.signal(signal.SIGCONT)
            journalctl("--sync")
            commands("plain after")
            self.assertEqual(commands.stats(), (delivered + 1, failed))
        self.assertEqual(len(commands.entries()), delivered + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
