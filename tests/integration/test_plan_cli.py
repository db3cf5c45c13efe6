"""`drverify plan` by the command line, on the sample agreement and an inventory of its workloads."""

import json
from pathlib import Path

import pytest

from drverify.cli.main import main
from drverify.errors import Exit
from lab.settings import ROOT

SETTINGS = f"""\
state_dir = "state"
register = "{ROOT}/contracts/acme-managed-hosting.lock.yaml"
inventory = "{ROOT}/contracts/inventory.example.yaml"
playbooks = "{ROOT}/playbooks"
sources = {{}}

[hosts.local]
kind = "libvirt"

[signing]
key = "file:runner.key"
"""
NIGHTS = """\

[nights]
zone = "Europe/Berlin"
begins = 22:00:00
ends = 06:00:00
"""
ROOM = """\

[nights.hosts.local]
at_once = 2
memory_mib = 4096
"""


def config(folder: Path, *parts: str) -> str:
    path = folder / "drverify.toml"
    path.write_text("".join((SETTINGS, *parts)))
    return str(path)


def test_each_workload_has_its_drills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, NIGHTS, ROOM)
    words = ["--config", path, "plan", "--nights", "100", "--seed", "s"]
    code = main([*words, "--json"])
    plan = json.loads(capsys.readouterr().out)
    assert {one["workload"] for one in plan["planned"]} == {"shop", "shop-files"}
    assert code == (Exit.UNPROVEN if any(one["too_late"] for one in plan["planned"]) else Exit.OK)
    assert all(not one["measured"] and one["why"] for one in plan["planned"])
    assert plan["unplanned"] == []
    assert main(words) == code
    said = capsys.readouterr().out
    assert "never measured, so their time is assumed: shop, shop-files" in said
    assert "seed       s" in said


def test_what_does_not_fit_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, NIGHTS, ROOM.replace("4096", "512"))
    assert main(["--config", path, "plan"]) == Exit.UNPROVEN
    said = " ".join(capsys.readouterr().out.split())
    assert "no night for shop" in said
    assert "it takes 1024 MiB of memory, and host local has 512 for drills" in said
    assert "-> a host that has more" in said
    path = config(tmp_path, NIGHTS, ROOM, "vcpus = 1\ndisk_gib = 9\n")
    assert main(["--config", path, "plan"]) == Exit.UNPROVEN
    assert "it takes 2 virtual processors, and host local has 1 for drills" in " ".join(
        capsys.readouterr().out.split()
    )


def test_what_a_restore_test_is_promised_of_and_no_drill_can_show_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Northwind promises a file restore each month (7.1) and a machine each quarter (7.2)."""
    server, _ = (ROOT / "contracts/inventory.example.yaml").read_text().split("  - name: shop-files")
    plain = server[server.index("  - name: shop") :].replace("postgres-web", "linux-server")
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(
        server.replace("name: shop", "name: lims-db") + plain.replace("name: shop", "name: lims-app")
    )
    path = config(tmp_path, NIGHTS, ROOM)
    settings = Path(path).read_text().replace("acme-managed-hosting", "northwind-proxmox-cloud")
    Path(path).write_text(settings.replace(f"{ROOT}/contracts/inventory.example.yaml", "inventory.yaml"))
    main(["--config", path, "plan", "--nights", "100", "--json"])
    plan = json.loads(capsys.readouterr().out)
    promised = [(one["workload"], one["what"]) for one in plan["never"] if "promised" in one["what"]]
    assert promised == [("lims-app", "a file restore, as promised")]
    assert all(
        one["why"].startswith("a restore test (a file restore and a restore of a virtual machine) every")
        for one in plan["planned"]
    )


@pytest.mark.parametrize(
    ("parts", "words", "says"),
    [
        ((), (), "the settings do not say when drills may run"),
        ((NIGHTS + "\n[nights.hosts]\n",), (), "nothing is said of host local"),
        ((NIGHTS.replace("Berlin", "Bärlin"), ROOM), (), "nights.zone"),
        ((NIGHTS + 'weekdays = ["someday"]\n', ROOM), (), "nights.weekdays"),
        ((NIGHTS, ROOM), ("--nights", "0"), "expected 1 to 400"),
    ],
)
def test_wrong_input(
    tmp_path: Path,
    parts: tuple[str, ...],
    words: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--config", config(tmp_path, *parts), "plan", *words]) == Exit.WRONG_INPUT
    assert says in capsys.readouterr().err
