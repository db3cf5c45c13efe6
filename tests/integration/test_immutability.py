"""Canaries under attack: a REST server, a bucket with object lock, an SSH server, a directory; judged, signed."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from drverify.adapters import table
from drverify.adapters.storage.probes import canaries, probes
from drverify.compose import Workshop
from drverify.engine.trials.immutability import Tamperer
from drverify.errors import InputError
from drverify.judging.immutability import judged, withstood
from drverify.model.contract import ProvisionId
from drverify.model.immutability import HeldCanary, PromisedLock, Tampering
from drverify.model.verdict import Outcome
from drverify.operation.immutability import probe
from tests.support import s3_with_lock
from tests.support.controlled import FileEstate, file_estate
from tests.support.estates import drverify, traversable_directory
from tests.support.memory import Silent
from tests.support.object_store import ObjectStore, object_store
from tests.support.probing import LOOPBACK
from tests.support.rest_server import RestServer, served
from tests.support.sshd import sshd

DAY = timedelta(days=1)
LOCKED, OPEN, GOVERNED = "locked", "open", "governed"


def tamperer(kind: str, options: Mapping[str, Any], secrets: Mapping[str, bytes] = {}) -> Tamperer:
    made: Tamperer = table.load(table.TAMPERERS, kind, "writer")(
        "vault", options, lambda ref: secrets[str(ref)]
    )
    return made


async def attacked(one: Tamperer, *known: HeldCanary) -> Tampering:
    return await one.tamper(known, Silent())


def outcomes(found: Tampering) -> dict[str, str]:
    return {one.what: one.outcome for one in found.attempts}


# --- restic's REST server ---------------------------------------------------------------------


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[RestServer]:
    (tmp_path / "data").mkdir()
    with served(tmp_path) as server:
        yield server


def rest_writer(server: RestServer, password: bytes | None = None) -> Tamperer:
    options = {"url": f"http://127.0.0.1:{server.port}/", "user": "backup", "password": "env:PW"}
    return tamperer("rest", options, {"env:PW": password or server.password.encode()})


async def test_an_append_only_server_withstands(rest: RestServer) -> None:
    rest.writing = "append"
    found = await attacked(rest_writer(rest))
    assert outcomes(found) == {"delete": "refused", "overwrite": "refused"}
    assert withstood(found)[0] is Outcome.MET
    again = await attacked(rest_writer(rest), *found.held)
    assert len(again.held) == 2, "the earlier canary is attacked again, beside a new one"
    assert len(again.attempts) == 4


async def test_a_server_that_deletes_is_found_out(rest: RestServer) -> None:
    rest.writing = "all"
    found = await attacked(rest_writer(rest))
    assert outcomes(found)["delete"] == "went through"
    outcome, reason = withstood(found)
    assert outcome is Outcome.MISSED
    assert reason == "delete went through: DELETE: 200"


async def test_who_cannot_write_shows_nothing_by_being_refused(rest: RestServer) -> None:
    """A revoked account is refused everything: that says nothing of the lock."""
    rest.writing = "no"
    assert withstood(await attacked(rest_writer(rest))) == (
        Outcome.UNPROVEN,
        "no canary could be planted: POST: 403 Forbidden",
    )
    wrong = await attacked(rest_writer(rest, b"another"))
    assert (wrong.attempts, withstood(wrong)[0]) == ((), Outcome.UNPROVEN)
    assert "another" not in repr(wrong)


async def test_a_server_that_is_gone_is_no_breach(rest: RestServer) -> None:
    one = rest_writer(rest)
    rest.server_close()
    rest.shutdown()
    found = await attacked(one)
    assert withstood(found)[0] is Outcome.UNPROVEN
    assert found.problem.startswith("the server cannot be reached")


# --- S3 ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("s3"), s3_with_lock.__file__) as running:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{LOOPBACK}:{running.port}",
            region_name="us-east-1",
            aws_access_key_id=running.key_id,
            aws_secret_access_key=running.secret,
        )
        for bucket, mode in ((LOCKED, "COMPLIANCE"), (GOVERNED, "GOVERNANCE")):
            client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
            rule = {"DefaultRetention": {"Mode": mode, "Days": 14}}
            client.put_object_lock_configuration(
                Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
            )
        client.create_bucket(Bucket=OPEN)
        yield running


def s3_writer(store: ObjectStore, bucket: str, **more: Any) -> Tamperer:
    options = {
        "bucket": bucket,
        "endpoint": f"http://{LOOPBACK}:{store.port}",
        "key_id": "env:ID",
        "secret_key": "env:KEY",
        "prefix": "nightly/",
        **more,
    }
    return tamperer("s3", options, {"env:ID": store.key_id.encode(), "env:KEY": store.secret.encode()})


async def test_a_locked_bucket_withstands_for_as_long_as_it_says(store: ObjectStore) -> None:
    found = await attacked(s3_writer(store, LOCKED))
    assert set(outcomes(found).values()) == {"refused"}, found.attempts
    assert set(outcomes(found)) == {
        "delete",
        "delete, bypassing governance",
        "shorten the lock, bypassing governance",
        "overwrite",
    }
    (held,) = found.held
    assert (held.whole, held.mode) == (True, "COMPLIANCE")
    at = datetime.now(UTC)
    promised = PromisedLock(provision=ProvisionId("p"), clause="4.3", least=14 * DAY)
    (verdict,) = judged([promised], found, at)
    assert verdict.outcome is Outcome.MET, verdict.reason
    (longer,) = judged([replace(promised, least=15 * DAY)], found, at)
    assert longer.outcome is Outcome.MISSED
    assert "15 d is owed" in longer.reason


async def test_governance_does_not_withstand_a_writer_who_may_bypass_it(store: ObjectStore) -> None:
    found = await attacked(s3_writer(store, GOVERNED))
    assert outcomes(found)["delete"] == "refused"
    assert outcomes(found)["delete, bypassing governance"] == "went through"
    assert withstood(found)[0] is Outcome.MISSED


async def test_a_lock_that_the_writer_sets_itself(store: ObjectStore) -> None:
    found = await attacked(s3_writer(store, LOCKED, lock_mode="COMPLIANCE", lock_days=30))
    (held,) = found.held
    assert held.retain_until is not None
    assert held.retain_until - held.canary.planted_at >= 30 * DAY


async def test_a_bucket_without_versions_is_found_out(store: ObjectStore) -> None:
    found = await attacked(s3_writer(store, OPEN))
    assert withstood(found)[0] is Outcome.MISSED
    assert outcomes(found)["delete"] == "went through"


# --- files ------------------------------------------------------------------------------------


@pytest.mark.needs_root
async def test_a_directory_whose_files_are_locked_withstands_and_another_does_not() -> None:
    with traversable_directory("canaries") as place:
        os.chown(place, 65534, 65534)
        await _attack(place)


async def _attack(place: Path) -> None:
    one = tamperer("directory", {"directory": str(place), "user": "nobody"})
    found = await attacked(one)
    assert outcomes(found)["overwrite"] == "went through"
    assert withstood(found)[0] is Outcome.MISSED

    late = tamperer("directory", {"directory": str(place), "user": "nobody", "locks_after_hours": 24})
    waiting = await attacked(late)
    assert withstood(waiting) == (Outcome.UNPROVEN, "canaries are locked after 24 h")
    (planted,) = waiting.held
    path = place / planted.canary.name
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable attribute")
    aged = replace(planted, canary=replace(planted.canary, planted_at=datetime.now(UTC) - 2 * DAY))
    try:
        found = await attacked(late, aged)
    finally:
        subprocess.run(["chattr", "-i", path], check=True)
    assert set(outcomes(found).values()) == {"refused"}, found.attempts
    assert withstood(found)[0] is Outcome.MET


async def test_an_ssh_server_that_takes_files_and_gives_none_up(tmp_path: Path) -> None:
    with sshd(tmp_path) as server:
        place = tmp_path / "backups"
        place.mkdir()
        options = {
            "host": LOOPBACK,
            "port": server.port,
            "user": server.user,
            "key": "file:key",
            "host_keys": "file:known",
            "directory": str(place),
        }
        secrets = {"file:key": server.key.read_bytes(), "file:known": server.known_hosts.read_bytes()}
        found = await attacked(tamperer("sftp", options, secrets))
        assert outcomes(found)["overwrite"] == "went through"
        assert withstood(found)[0] is Outcome.MISSED
    assert "PRIVATE KEY" not in repr(found)


# --- the whole --------------------------------------------------------------------------------


@pytest.mark.needs_restic
async def test_a_probe_is_signed_and_its_canaries_are_known_to_the_next(
    tmp_path: Path, rest: RestServer
) -> None:
    rest.writing = "append"
    place = tmp_path / "estate"
    place.mkdir()
    more = f"""
[sources.vault.writer]
kind = "rest"
url = "http://127.0.0.1:{rest.port}/"
user = "backup"
password = "file:writer"
"""
    estate: FileEstate = file_estate(place, more=more)
    (place / "writer").write_text(rest.password)
    (place / "writer").chmod(0o600)
    ran = drverify(estate.config, "immutability", "probe")
    assert ran.code == 0, ran.err
    assert "WITHSTOOD" in ran.out
    assert "no accepted clause says so" in ran.out
    (first,) = probes(estate.state)
    done = await probe(Workshop.open(estate.config), "vault", Silent())
    assert done.result.tampering.held[0].canary == first.tampering.held[0].canary
    assert len(canaries(estate.state, "vault")) == 2
    assert rest.password not in done.statement.read_text()
    with pytest.raises(InputError, match="do not say how backups of source other"):
        await probe(Workshop.open(estate.config), "other", Silent())
