"""`drverify config` by the command line, on the settings of two customers with file sets."""

import asyncio
import json
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import jsonschema
import pytest

from drverify.cli.main import main
from drverify.errors import Exit
from lab.estate.layout import HOST, Estate
from lab.estate.night import Customer, Room, night_estate
from tests.support.estates import traversable_directory

pytestmark = [pytest.mark.needs_restic]
CUSTOMERS = (
    Customer(name="acme", title="Acme Shop GmbH", guests=0, file_sets=("invoices",)),
    Customer(name="harbour", title="Harbour Freight Line AG", guests=0, file_sets=("manifests",)),
)


@pytest.fixture(scope="module")
def estates() -> Iterator[tuple[Estate, ...]]:
    with traversable_directory("config") as root:
        room = Room(begins=time(22), ends=time(6))
        yield asyncio.run(night_estate(root, room, customers=CUSTOMERS))


def check(estate: Estate, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, object]]]:
    code = main(["--config", str(estate.config), "config", "check", "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_nothing_is_wrong_where_all_is_there(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(estates[0], capsys) == (Exit.OK, [])


def test_what_is_missing_is_named_with_file_and_line(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    harbour = estates[1]
    lost = harbour.password.rename(harbour.password.with_suffix(".away"))
    playbook = harbour.playbooks / "file-set.yaml"
    moved = playbook.rename(playbook.with_suffix(".away"))
    try:
        code, found = check(estates[0], capsys)
    finally:
        lost.rename(harbour.password)
        moved.rename(playbook)
    assert code == Exit.WRONG_INPUT
    lines = harbour.config.read_text().splitlines()
    assert {str(one["where"]) for one in found} == {"sources.lab-restic.password", "playbooks"}
    assert {one["file"] for one in found} == {str(harbour.config)}
    at = {str(one["where"]): int(str(one["line"])) for one in found}
    assert lines[at["sources.lab-restic.password"] - 1].startswith("password =")
    assert lines[at["playbooks"] - 1].startswith("playbooks =")
    assert any("workload manifests" in str(one["what"]) for one in found)


def test_a_credential_of_a_unit_is_not_seen_and_not_wrong(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    acme = estates[0].config
    text = acme.read_text()
    acme.write_text(text.replace(f"file:{estates[0].password}", "cred:restic"))
    try:
        code, found = check(estates[0], capsys)
    finally:
        acme.write_text(text)
    assert code == Exit.UNPROVEN
    assert [one["unknown"] for one in found] == [True]


def test_a_host_of_another_worker_is_not_seen_and_not_wrong(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    acme = estates[0].config
    text = acme.read_text()
    acme.write_text(
        text.replace(f"[hosts.{HOST}]", "[hosts.mine]").replace("[nights.hosts.", "[nights.hosts.x")
    )
    try:
        alone = check(estates[0], capsys)
        code = main(["--config", str(acme), "config", "check", "--worker", "--json"])
        found = json.loads(capsys.readouterr().out)
    finally:
        acme.write_text(text)
    assert alone[0] == Exit.WRONG_INPUT
    assert not any(one["unknown"] for one in alone[1])
    assert code == Exit.UNPROVEN
    assert {one["where"] for one in found} == {"nights.hosts", f"nights.hosts.x{HOST}"}
    assert all(one["unknown"] and "another worker" in one["mend"] for one in found)


def test_a_wrong_key_is_named_with_its_line(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    acme = estates[0].config
    text = acme.read_text()
    acme.write_text(text.replace("silent_after_s = 5", "silent_after_s = 1"))
    try:
        code = main(["--config", str(acme), "config", "check"])
    finally:
        acme.write_text(text)
    line = text.splitlines().index("silent_after_s = 5") + 1
    assert code == Exit.WRONG_INPUT
    assert f"{acme}:{line}: operation.silent_after_s: " in capsys.readouterr().err


def test_the_schema_holds_for_the_settings(
    estates: tuple[Estate, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "schema"]) == Exit.OK
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "base" not in schema["properties"]
    assert "operation" in schema["properties"]


def test_units_are_written_for_these_settings(
    estates: tuple[Estate, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(estates[0].config), "config", "units", "--into", str(tmp_path)]) == Exit.OK
    text = (tmp_path / "drverify.service").read_text()
    assert f"--config {estates[0].config} up" in text
    assert "LoadCredential=" not in text
    assert all(str(one.state) in text for one in estates)


def test_units_ask_for_the_credentials_that_the_settings_name(
    estates: tuple[Estate, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acme = estates[0].config
    text = acme.read_text()
    acme.write_text(text.replace(f"file:{estates[0].password}", "cred:restic"))
    try:
        assert main(["--config", str(acme), "config", "units", "--into", str(tmp_path)]) == Exit.OK
    finally:
        acme.write_text(text)
    for name in ("drverify.service", "drverify-worker.service", "drverify-reap.service"):
        assert "LoadCredential=restic\n" in (tmp_path / name).read_text()
    assert "/etc/credstore/restic" in capsys.readouterr().out
