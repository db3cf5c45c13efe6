"""What an inventory knows beside its workloads, as the rules take it."""

from decimal import Decimal

import pytest

from drverify.adapters.doors.inventory import load_facts, load_inventory
from drverify.errors import InputError
from drverify.model.quantity import Quantity

GOOD = """\
version: 1
workloads:
  - name: files
    source: depot
    points: {}
    payload: {kind: file-set, path: /srv}
    playbook: file-set.yaml
    protected_since: 2025-01-01T00:00:00Z
systems:
  - name: shop
    kind: vm
    aliases: [webshop]
    location: FRA-1
    backup: {schedule: daily at 02:00, every: 1d, keep: 36h, copy_location: MUC-2, copy_lag: 90m}
  - {name: wiki, backed_up: false}
  - {name: files, location: FRA-1}
"""


def facts(tmp_path, text=GOOD):
    path = tmp_path / "inventory.yaml"
    path.write_text(text, encoding="utf-8")
    return {one.name: one for one in load_facts(path)}


def days(value, unit):
    return Quantity(value=Decimal(value), unit=unit)


def test_the_real_backup_job_is_a_fact(tmp_path) -> None:
    shop = facts(tmp_path)["shop"]
    assert (shop.interval, shop.retention, shop.copy_lag) == (
        days(1, "day"),
        days(36, "hour"),
        days(90, "minute"),
    )
    assert (shop.schedule, shop.location, shop.copy_location) == ("daily at 02:00", "FRA-1", "MUC-2")
    assert shop.backed_up is True


def test_a_system_that_is_not_backed_up_and_one_of_which_nothing_is_known(tmp_path) -> None:
    assert facts(tmp_path)["wiki"].backed_up is False
    assert facts(tmp_path, GOOD.replace("wiki, backed_up: false", "wiki"))["wiki"].backed_up is None


def test_what_is_known_of_a_workload_is_added_to_it(tmp_path) -> None:
    files = facts(tmp_path)["files"]
    assert (files.kind, files.location, files.backed_up) == ("file_set", "FRA-1", True)
    assert list(facts(tmp_path)) == ["files", "shop", "wiki"]


def test_drills_see_the_workloads_only(tmp_path) -> None:
    facts(tmp_path)
    assert [one.name for one in load_inventory(tmp_path / "inventory.yaml")] == ["files"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "every: 1d",
            "every: often",
            r"inventory\.yaml:14: systems\[0\]\.backup\.every: expected a duration",
        ),
        ("name: wiki", "name: shop", r"inventory\.yaml:15: systems\[1\]\.name: expected each name once"),
        ("location: FRA-1\n    backup", "place: FRA-1\n    backup", r"inventory\.yaml:13: .*place"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old, new, words, tmp_path) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=words):
        facts(tmp_path, GOOD.replace(old, new, 1))
