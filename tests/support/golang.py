"""Go's own reader of transparent logs, as Debian packages it, compiled for tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path("/usr/share/gocode")
"""Where Debian's golang-golang-x-mod-dev puts its packages."""
PROGRAM = Path(__file__).with_name("go") / "logcheck.go"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "drverify-tests" / "go"


class LogCheck:
    """The compiled program."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *words: object) -> tuple[bool, str]:
        """Whether it accepts, and what it says."""
        command = [str(self.path), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode == 0, (done.stdout or done.stderr).strip()


def compiled(target: Path) -> LogCheck:
    """Compile it, offline; skips, saying why, where Go or its package is missing."""
    if shutil.which("go") is None or not (SOURCES / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("Go is not installed: apt-get install golang-go golang-golang-x-mod-dev")
    offline = {"GO111MODULE": "off", "GOPATH": str(SOURCES), "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    environ = {**os.environ, **offline, "GOCACHE": str(CACHE), "CGO_ENABLED": "0"}
    command = ["go", "build", "-o", str(target), str(PROGRAM)]
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=200)
    return LogCheck(target)
