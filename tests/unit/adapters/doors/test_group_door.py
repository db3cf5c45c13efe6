"""What is wrong in an inventory's groups, and in a playbook's steps, with the line it stands on."""

from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_groups
from drverify.adapters.doors.playbook import load_playbook
from drverify.adapters.doors.steps import content_from
from drverify.errors import InputError
from drverify.model.steps import PutStep

WORKLOAD = """\
  - name: {name}
    source: main
    points: {{host: {name}}}
    payload:
      kind: disk-image
      path: /{name}.raw
      guest:
        memory_mib: 64
        vcpus: 1
        networks:
          - {{name: {net}, subnet: {subnet}, gateway: 10.0.0.1, dns: 10.0.0.2, address: {address}, mac: "{mac}"}}
    playbook: web
    protected_since: 2026-01-01T00:00:00Z
"""


def machine(name: str, address: str, *, net: str = "lan", subnet: str = "10.0.0.0/24", mac: str = "") -> str:
    return WORKLOAD.format(name=name, address=address, net=net, subnet=subnet, mac=mac)


FILES = """\
  - {name: share, source: main, points: {host: share}, payload: {kind: file-set, path: /srv},
     playbook: files, protected_since: 2026-01-01T00:00:00Z}
"""
TWO = machine("db", "10.0.0.10") + machine("web", "10.0.0.11")
GROUP = "groups:\n  - {name: shop, members: [{workload: db}, {workload: web, after: [db]}]}\n"


def inventory(folder: Path, workloads: str, groups: str) -> Path:
    path = folder / "inventory.yaml"
    path.write_text(f"version: 1\nworkloads:\n{workloads}{groups}")
    return path


def test_a_group_is_read(tmp_path: Path) -> None:
    (group,) = load_groups(inventory(tmp_path, TWO, GROUP))
    assert (group.name, [one.after for one in group.members]) == ("shop", [(), ("db",)])


@pytest.mark.parametrize(
    ("workloads", "groups", "what"),
    [
        (
            TWO,
            "groups: [{name: shop, members: [{workload: nobody}]}]",
            "a workload of this inventory, found nobody",
        ),
        (TWO, "groups: [{name: db, members: [{workload: db}]}]", "expected another name than a workload's"),
        (
            TWO + FILES,
            "groups: [{name: shop, members: [{workload: share}]}]",
            "expected a machine, found share",
        ),
        (TWO, "groups: [{name: shop, members: []}]", "groups[0].members"),
        (
            TWO,
            "groups: [{name: shop, members: [{workload: db, after: [web]}, {workload: web, after: [db]}]}]",
            "db, web wait for each other, and none can be first",
        ),
        (
            TWO,
            "groups: [{name: shop, members: [{workload: db, after: [db]}]}]",
            "db wait for each other, and none can be first",
        ),
        (TWO, "groups: [{name: shop, members: [{workload: web, after: [db]}]}]", "web needs db, no member"),
        (TWO, "groups: [{name: shop, members: [{workload: db}, {workload: db}]}]", "db is a member twice"),
        (
            TWO,
            "groups: [{name: a, members: [{workload: db}]}, {name: b, members: [{workload: db}]}]",
            "expected db in one group, found it in a too",
        ),
        (
            TWO,
            "groups: [{name: a, members: [{workload: db}]}, {name: a, members: [{workload: web}]}]",
            "found a again",
        ),
        (
            machine("db", "10.0.0.10") + machine("web", "10.0.0.11", subnet="10.0.0.0/25"),
            GROUP,
            "expected network lan of web to be that of db",
        ),
        (
            machine("db", "10.0.0.10") + machine("web", "10.0.0.10"),
            GROUP,
            "expected 10.0.0.10 with one member, found it with db too",
        ),
        (
            machine("db", "10.0.0.10", mac="52:54:00:00:00:01")
            + machine("web", "10.0.0.11", mac="52:54:00:00:00:01"),
            GROUP,
            "expected 52:54:00:00:00:01 with one member",
        ),
        (
            machine("db", "10.0.0.10") + machine("web", "10.0.0.11", net="other"),
            GROUP,
            "expected 10.0.0.0/24 in one network, found it in lan too",
        ),
    ],
)
def test_what_is_wrong_in_a_group(tmp_path: Path, workloads: str, groups: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        load_groups(inventory(tmp_path, workloads, groups))
    assert what in str(caught.value)


PLAYBOOK = """\
version: 1
name: web
applies_to: {applies_to}
probes:
  - {{id: boot, kind: boot, console: up}}
steps:
{steps}
"""
ACCESS = "access: {via: agent}"


def playbook(folder: Path, steps: str, applies_to: str = "disk-image") -> Path:
    path = folder / "web.yaml"
    path.write_text(PLAYBOOK.format(steps=steps, applies_to=applies_to))
    return path


def test_a_file_that_is_put_is_read_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text("a = 1\n")
    path = playbook(tmp_path, f"  - {{id: c, kind: put, source: app.conf, path: /etc/a, {ACCESS}}}")
    (step,) = load_playbook(path).steps
    assert isinstance(step, PutStep)
    assert step.sha256 == "cb78bd8a17f7b751fe0d4663366dcbc257204033ef7ddd64b1f2969573b5b2e2"
    assert content_from(tmp_path)(step) == b"a = 1\n"
    (tmp_path / "app.conf").write_text("a = 2\n")
    with pytest.raises(InputError, match="is not the file that was planned"):
        content_from(tmp_path)(step)


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        (f"  - {{id: a, kind: run, command: [], {ACCESS}}}", "steps[0].command"),
        ("  - {id: a, kind: run, command: [x], access: {}}", "expected an address for access over ssh"),
        (f"  - {{id: a, kind: put, source: nothing, path: /etc/a, {ACCESS}}}", "expected a file below"),
        (
            f"  - {{id: a, kind: put, source: ../../etc/passwd, path: /etc/a, {ACCESS}}}",
            "expected a file below",
        ),
        (f"  - {{id: a, kind: put, source: x, path: etc/a, {ACCESS}}}", "steps[0].path"),
        (f"  - {{id: a, kind: put, source: x, path: /a, mode: rw, {ACCESS}}}", "steps[0].mode"),
        (f"  - {{id: a, kind: mount, device: vdb1, path: /srv, {ACCESS}}}", "steps[0].device"),
        (
            f"  - {{id: a, kind: address, mac: nic, address: 10.0.0.1/24, {ACCESS}}}",
            "steps[0].mac: expected text that matches",
        ),
        (
            f"  - {{id: a, kind: address, mac: '52:54:00:00:00:01', address: 10.0.0.1, {ACCESS}}}",
            "expected an address with its prefix",
        ),
        ("  - {id: a, kind: wait, time: 0s}", "steps[0].time"),
        ("  - {id: a, kind: ask, question: '', allowance: 1m}", "steps[0].question"),
        ("  - {id: a, kind: ask, question: q}", "allowance"),
        ("  - {id: a, kind: wait, time: 1s}\n  - {id: a, kind: wait, time: 1s}", "found a again"),
        ("  - {id: a, kind: pray}", "steps[0]"),
    ],
)
def test_what_is_wrong_in_a_step(tmp_path: Path, steps: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        load_playbook(playbook(tmp_path, steps))
    assert what in str(caught.value)


def test_files_that_are_not_started_have_no_steps(tmp_path: Path) -> None:
    path = playbook(tmp_path, "  - {id: a, kind: wait, time: 1s}", "file-set")
    with pytest.raises(InputError, match="expected no steps in a file-set playbook"):
        load_playbook(path)
