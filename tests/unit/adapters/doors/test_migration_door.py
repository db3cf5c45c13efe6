from pathlib import Path

import pytest

from drverify.adapters.doors.migration import baseline_findings, load_plan
from drverify.errors import InputError
from drverify.model.migration import Asked
from tests.support import records
from tests.support.migrations import plan

GOOD = """\
version: 1
name: move
target: {host: pve, hardware: sata-pc}
systems:
  - workload: shop
    source:
      access: {address: 10.20.0.10, key: "file:key", host_key: "file:host.pub"}
    expected:
      - {part: packages, item: "linux-*", why: updated on the way}
groups:
  - {name: one, workloads: [shop], window: 30m}
rollback: {host: local, within: 1h}
stabilisation: 7d
"""


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_plan(path)
    return str(caught.value).replace(str(path), "plan")


def test_a_plan_is_read_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD)
    read = load_plan(path)
    assert (read.plan.target.host, read.plan.drills, read.plan.groups[0].workloads) == ("pve", 2, ("shop",))
    assert read.plan.systems[0].expected[0].item == "linux-*"
    path.write_text(GOOD + "# changed\n")
    assert load_plan(path).sha256 != read.sha256


def test_the_example_is_a_plan(checkout: Path) -> None:
    assert load_plan(checkout / "contracts" / "migration.example.yaml").plan.name == "shop-to-sata"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("workloads: [shop]", "workloads: [shop, db]", "plan:11: groups[0].workloads[1]: expected one of the plan's systems"),
        ("workloads: [shop]", "workloads: [shop, shop]", "plan:11: groups[0].workloads[1]: expected each system in one group"),
        ("workloads: [shop]", "workloads: []", "plan:11: groups[0].workloads"),
        ("workload: shop\n", "workload: mail\n", "plan:5: systems[0].workload: expected mail in one of the groups"),
        (', host_key: "file:host.pub"', "", "plan:7: systems[0].source.access: expected the source's host_key"),
        ("address: 10.20.0.10, ", "", "plan:7: systems[0].source.access: expected an address"),
        ("address: 10.20.0.10", "via: agent", "plan:6: systems[0].source.domain: expected the libvirt domain"),
        ("window: 30m", "window: 0s", "plan:11: groups[0].window"),
        ("within: 1h", "within: soon", "plan:12: rollback.within"),
        ("part: packages", "part: everything", "plan:9: systems[0].expected[0].part"),
        ("why: updated on the way", "why: ''", "plan:9: systems[0].expected[0].why"),
        ("stabilisation: 7d", "drills: 2", "stabilisation"),
        ("stabilisation: 7d", "stabilisation: 7d\ndrills: 0", "plan:14: drills"),
        ("stabilisation: 7d", "stabilisation: 7d\nforce: true", "plan:14: force"),
        ('"file:key"', "secret", "plan:7: systems[0].source.access.key"),
    ],
)  # fmt: skip
def test_everything_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    assert complaint in refused(tmp_path, GOOD.replace(old, new, 1))


def test_the_baseline_names_probes_that_the_source_can_be_asked() -> None:
    access = plan().systems[0].source.access
    asked = Asked(access=access, baseline=("web", "boot", "nothing"))
    assert list(baseline_findings(asked, records.playbook())) == [
        "probe boot can only be asked in a sandbox",
        "playbook web has no probe nothing; known are: boot, fresh, orders, ping, web",
    ]
