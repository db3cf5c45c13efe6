"""A backup that was killed is told by the lock that it left, once nobody can be refreshing it."""

import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.source import ResticSource
from drverify.model.recovery import SecretRef
from drverify.model.standing import ToldFailures
from tests.support.restic import BINARY
from tests.support.restic_init import initialise

pytestmark = pytest.mark.needs_restic
PASSWORD = "hush"
PATIENCE = 20.0


async def test_a_backup_that_was_killed_is_told(tmp_path: Path) -> None:
    repository, secret = tmp_path / "repo", tmp_path / "password"
    initialise(repository, PASSWORD)
    secret.write_text(PASSWORD)
    argv = [BINARY, "--no-cache", "-r", str(repository), "--password-file", str(secret)]
    with subprocess.Popen(
        [*argv, "backup", "--stdin", "--host", "shop"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as backup:
        last = time.monotonic() + PATIENCE
        while not [one for one in (repository / "locks").iterdir() if "-tmp-" not in one.name]:
            assert time.monotonic() < last, "restic took no lock"
            time.sleep(0.05)
        backup.kill()
    settings = ResticSettings(
        name="vault", repository=str(repository), password=SecretRef("env:PW"), binary=BINARY
    )
    source = ResticSource(settings, lambda _: PASSWORD.encode())
    now = datetime.now(UTC)
    assert await source.failures(now - timedelta(days=1), now) == ToldFailures(), "it may still be refreshed"
    (found,) = (await source.failures(now - timedelta(days=1), now + timedelta(hours=1))).failed
    assert (found.place, abs(found.at - now) < timedelta(minutes=1)) == ("vault", True)
    assert f"process {backup.pid} of " in found.why
