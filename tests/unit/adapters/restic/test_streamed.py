"""Why dd gave up: always a fault of this machine, and no room is told apart."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import NoSpace
from drverify.adapters.restic.order import RestoreOrder
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.streamed import cannot_pour
from drverify.errors import HostError
from drverify.model.recovery import PointId, SecretRef
from tests.support.restic import Watched

CLI = ResticCli(
    ResticSettings(name="vault", repository="/repo", password=SecretRef("env:PW")), lambda _: b"x"
)
ORDER = RestoreOrder(
    cli=CLI,
    point=PointId("ab" * 32),
    path="/srv/disk.raw",
    into=Path("/room/disk"),
    stall=timedelta(seconds=1),
    progress=Watched(),
)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, b"dd: error writing 'standard output': No space left on device\n"),
        (1, b"dd: error writing 'standard output': Disk quota exceeded\n"),
        (1, b"dd: failed to truncate to 9 bytes in output file 'standard output': File too large\n"),
        (-signal.SIGXFSZ, b""),
    ],
)
def test_no_room_is_told(code: int, said: bytes) -> None:
    error = cannot_pour(ORDER, code, said)
    assert type(error) is NoSpace
    assert "/room/disk" in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (1, b"dd: error writing 'standard output': Input/output error\n", "Input/output error"),
        (1, b"", "dd exited with 1"),
        (-signal.SIGKILL, b"", "SIGKILL"),
    ],
)
def test_anything_else_is_this_machine_too(code: int, said: bytes, told: str) -> None:
    error = cannot_pour(ORDER, code, said)
    assert type(error) is HostError
    assert told in str(error)
    assert "/srv/disk.raw" in str(error)
