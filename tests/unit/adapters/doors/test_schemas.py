import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from drverify.adapters.doors import schema
from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.doors.playbook import load_playbook
from drverify.adapters.doors.shape import as_written
from drverify.adapters.doors.yaml import load
from drverify.errors import InputError
from drverify.transparency.note import KeyType, NoteKey

VARIABLES = {
    "postgres-web": {"address": "10.20.0.10", "server_name": "shop.example", "credentials": "/etc/lab"},
    "linux-server": {"address": "10.20.0.10", "credentials": "/etc/lab"},
    "file-set": {"manifest": "MANIFEST.sha256", "min_files": "100"},
    "file-dump": {
        "dump": "shop.dump",
        "postgres": "15",
        "query": "SELECT count(*) FROM orders",
        "at_least": "1",
    },
    "file-set-heartbeat": {
        "manifest": "MANIFEST.sha256",
        "min_files": "100",
        "workload": "shop-files",
        "heartbeats": ".heartbeat",
        "customer_key": NoteKey(name="acme", type=KeyType.LOG, material=bytes(32)).vkey,
    },
}


def validator(kind: str) -> Draft202012Validator:
    committed = json.loads((schema.FOLDER / f"{kind}.schema.json").read_text())
    Draft202012Validator.check_schema(committed)
    return Draft202012Validator(committed)


def written(path: Path, variables: dict[str, str] | None = None) -> Any:
    return as_written(load(path, variables=variables).data)


@pytest.mark.parametrize("kind", sorted(schema.KINDS))
def test_committed_schema_is_the_generated_one(kind: str) -> None:
    committed = (schema.FOLDER / f"{kind}.schema.json").read_text()
    assert committed == schema.text_of(kind), "run `python -m drverify.adapters.doors.schema`"


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_shipped_playbooks_load_and_validate(checkout: Path, name: str) -> None:
    path = checkout / "playbooks" / f"{name}.yaml"
    assert load_playbook(path, VARIABLES[name]).name == name
    errors = list(validator("playbook").iter_errors(written(path, VARIABLES[name])))
    assert not errors, "\n".join(f"{error.json_path}: {error.message}" for error in errors)


def test_every_shipped_playbook_is_tested(checkout: Path) -> None:
    assert {path.stem for path in (checkout / "playbooks").glob("*.yaml")} == set(VARIABLES)


def test_locks_of_the_repository_validate(checkout: Path) -> None:
    paths = [*checkout.glob("contracts/*.lock.yaml"), *checkout.glob("lab/estate/*.lock.yaml")]
    assert paths
    for path in paths:
        assert not list(validator("contract").iter_errors(written(path)))


@pytest.mark.parametrize(
    "probe",
    [
        "{id: a, kind: boot, agent: yes}",
        "{id: a, kind: tcp, address: 10.0.0.1, port: 99999}",
        "{id: a, kind: tcp, address: 10.0.0.1}",
        "{id: a, agent: true}",
        "{id: a, kind: boot, agent: true, extra: 1}",
        "{id: a, kind: boot, agent: true, within: 5}",
    ],
)
def test_schema_and_door_refuse_the_same(tmp_path: Path, probe: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"name: x\napplies_to: disk-image\nprobes:\n  - {probe}\n")
    assert list(validator("playbook").iter_errors(written(path)))
    with pytest.raises(InputError):
        load_playbook(path)


def test_schema_and_door_accept_the_same(tmp_path: Path) -> None:
    path = tmp_path / "i.yaml"
    path.write_text(
        "workloads:\n  - {name: a, source: s, points: {}, payload: {kind: file-set, path: /}, playbook: p,"
        " protected_since: 2025-01-01T00:00:00Z, variables: {a: 1, b: x}}\n"
    )
    load_inventory(path)
    assert not list(validator("inventory").iter_errors(written(path)))


@pytest.mark.parametrize("kind", ["contract", "decisions", "migration"])
def test_the_schemas_beside_the_sample_agreements_are_the_published_ones(checkout: Path, kind: str) -> None:
    beside = checkout / "contracts" / "schema" / f"{kind}.schema.json"
    assert beside.read_text() == (schema.FOLDER / beside.name).read_text(), "copy them from drverify/schemas"
