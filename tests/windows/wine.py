"""Runs a Windows program under wine, with the recorder between it and ETW.

For the checks. run.sh has created the wine prefix, copied the programs and the DLLs into
one folder, and set WINDOWS_OUT."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile

import recording

OUT = pathlib.Path(os.environ["WINDOWS_OUT"])
RECORDER_DIED = 97


@dataclasses.dataclass(frozen=True)
class Run:
    calls: recording.Recording
    code: int
    stdout: str
    stderr: str


def run(program: str, *arguments: str, session: str = "", timeout=120, **env: str) -> Run:
    """Runs bin/<program>.exe to its end in an empty folder. `session` holds the commands
    of the recorder's trace session (recorder/session.h); without them no session listens.
    Other keywords are environment variables."""
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        calls, stdout, stderr = (pathlib.Path(folder, name) for name in ("calls", "out", "err"))
        calls.touch()
        # Files, not pipes: processes that wine starts would keep a pipe open.
        with stdout.open("wb") as out, stderr.open("wb") as err:
            try:
                code = subprocess.call(
                    ["wine", str(OUT / "bin" / f"{program}.exe"), *arguments],
                    cwd=folder,
                    env={
                        **clean_environment(),
                        "WINEDLLOVERRIDES": "advapi32=n,b",
                        "ETW_RECORDER_OUT": f"Z:{calls}",
                        "ETW_RECORDER_SESSION": session,
                        **env,
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    timeout=timeout,
                )
            except subprocess.TimeoutExpired:
                so_far = "".join(path.read_text() for path in (calls, stdout, stderr))
                raise RuntimeError(f"{program} does not end; so far:\n{so_far}") from None
        if code == RECORDER_DIED:
            raise RuntimeError(stderr.read_text())
        return Run(recording.read(calls), code, stdout.read_text(), stderr.read_text())


def clean_environment() -> dict:
    """Our environment without the variables that the program or the recorder would read."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DISPATCH_FAILURE_", "ETW_RECORDER_", "RUST_"))
    }
