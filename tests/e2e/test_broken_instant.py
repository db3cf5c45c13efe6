"""Instant drills that meet damage or lose their restic: never green, and never the wrong one's fault."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.breaking.broken import Broken
from lab.breaking.kinds import break_, mend
from lab.estate.layout import Estate
from tests.support.estates import drverify, kind_of, left_on_machine, started, with_state

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(300),
]
ORDER = ("drill", "run", "tiny", "--mode", "instant", "--json")


@pytest.fixture
def broken(tiny: Estate) -> Iterator[Broken]:
    yield asyncio.run(break_("pack-bit-flip", estate=tiny, workload="tiny"))
    asyncio.run(mend(tiny))


def outcomes(said: dict[str, Any]) -> dict[str, str]:
    return {kind_of(one["obligation"]): one["outcome"] for one in said["verdicts"]}


def test_damage_that_the_guest_meets_is_the_backups(broken: Broken, state: Path) -> None:
    ran = drverify(with_state(broken.estate, state), *ORDER)
    said = ran.json()
    words = " ".join(defect["what"] for defect in said["record"]["defects"])
    assert broken.fact("blob")[:8] in words or broken.fact("pack")[:8] in words, ran.err
    assert said["record"]["faults"] == []
    assert outcomes(said)["rto"] != "MET"
    assert ran.code == 10
    assert left_on_machine(state) == []


def serving(state: Path) -> int | None:
    """Process id of the restic that serves a mount below this state directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"mount" in words and b"restic" in words[0] and any(str(state).encode() in one for one in words):
            return int(process.name)
    return None


def defined(state: Path) -> bool:
    """QEMU is about to be started: it will not find its disk."""
    return any(state.glob("sandboxes/*/overlay.qcow2"))


def running(state: Path) -> bool:
    """The guest's first instructions run: it will ask for its disk in vain."""
    for room in state.glob("sandboxes/*"):
        asked = ["virsh", "-c", "qemu:///system", "domstate", f"drverify-{room.name}"]
        if subprocess.run(asked, capture_output=True, check=False).stdout.strip() == b"running":
            return True
    return False


async def killed_when(
    moment: Callable[[Path], bool], config: Path, state: Path
) -> tuple[int | None, dict[str, Any], str]:
    """Run an instant drill and kill its restic at that moment."""
    process = await started(config, *ORDER)
    try:
        while process.returncode is None:
            await asyncio.sleep(0.02)
            pid = serving(state)
            if pid is not None and moment(state):
                os.kill(pid, signal.SIGKILL)
                break
    finally:
        out, err = await asyncio.wait_for(process.communicate(), 240)
    return process.returncode, json.loads(out), err.decode()


@pytest.mark.parametrize("moment", [running, pytest.param(defined, marks=pytest.mark.soak)])
async def test_a_restic_killed_while_the_guest_boots_is_the_sources_fault(
    config: Path, state: Path, moment: Callable[[Path], bool]
) -> None:
    code, said, err = await killed_when(moment, config, state)
    record = said["record"]
    assert record["defects"] == []
    assert {fault["attribution"] for fault in record["faults"]} == {"source"}, err
    assert any("SIGKILL" in fault["what"] for fault in record["faults"])
    assert "MISSED" not in outcomes(said).values()
    assert outcomes(said)["rto"] == "UNPROVEN"
    assert code == 11
