"""docs/proxmox.md says what the tables of the code say."""

import re
from pathlib import Path

import pytest

from drverify.pveconf.rights import Drills, Wants, needed

GUIDE = (Path(__file__).parents[3] / "docs" / "proxmox.md").read_text()
DRILLS = Drills(
    pool="drverify",
    storage="drills",
    bridges=("localnetwork/drill0",),
    first=9000,
    last=9099,
    console=True,
)


def rows(release):
    wants = Wants(
        release=release, storages=("backup-ro",), sources=("/vms/100",), nodes=("pve1",), drills=DRILLS
    )
    return [
        f"| `{one.path}` | {one.privilege}{'' if one.is_required else ' °'} | {one.purpose} | {one.worst} |"
        for one in needed(wants)
    ]


def listed():
    return re.findall(r"^\| `/.*\|$", GUIDE, re.MULTILINE)


def test_the_guide_lists_the_rights_of_nine_and_then_what_eight_has_instead():
    nine = rows((9, 1))
    assert listed() == [*nine, *(row for row in rows((8, 4)) if row not in nine)]


@pytest.mark.parametrize("release", [(8, 4), (9, 1)])
def test_the_guides_roles_hold_every_right_and_no_other(release):
    given = {
        name for role in re.findall(r'--privs "([^"]*)"', GUIDE) for name in role.split() if name != "\\"
    }
    needs = {row.split(" | ")[1].removesuffix(" °") for row in rows(release)}
    agent = {"VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"}
    assert needs == (given if release >= (9, 0) else given - agent | {"VM.Monitor"})


def test_every_path_that_needs_a_right_is_given_one():
    given = set(re.findall(r"pveum acl modify (\S+)", GUIDE))
    assert given == {row.split("`")[1] for row in rows((9, 1))}
