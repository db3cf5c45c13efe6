"""A machine out of a disk image: unpacked, converted, booted, probed, judged, signed."""

import asyncio
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.estate.layout import Estate
from tests.support.disk_images import packed
from tests.support.estates import Ran, Seen, drverify, left_on_machine
from tests.support.image_drills import AGE, ImageEstate, image_estate, settle

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_libvirt, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def imaged(tiny: Estate) -> ImageEstate:
    return asyncio.run(image_estate(tiny.root.parent / f"imaged-{secrets.token_hex(4)}", tiny))


@pytest.fixture
def images(imaged: ImageEstate) -> Iterator[Path]:
    """A directory that QEMU's user can reach, too."""
    path = imaged.root / f"images-{secrets.token_hex(4)}"
    path.mkdir()
    yield path
    for one in path.iterdir():
        one.unlink()
    path.rmdir()


@pytest.fixture
def config(imaged: ImageEstate, images: Path, state: Path, seen: Seen) -> Iterator[Path]:
    state.mkdir(parents=True, exist_ok=True)
    yield imaged.config(state, images)
    assert left_on_machine(state) == []
    assert seen.alive() == []


def convert(imaged: ImageEstate, into: Path, form: str) -> Path:
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", form, imaged.disk, into], check=True)
    return into


def outcomes(ran: Ran) -> dict[str, str]:
    return {name: str(verdict["outcome"]) for name, verdict in ran.verdicts().items()}


PROVEN = {
    "rpo": "MET",
    "rto": "MET",
    "backup-frequency": "MET",
    "restore-test": "MET",
    "application-validation": "MET",
    "retention": "UNPROVEN",
}


def test_a_packed_qcow2_becomes_a_running_machine(imaged: ImageEstate, images: Path, config: Path) -> None:
    settle(packed(convert(imaged, images / "tiny.qcow2", "qcow2"), "zst"), AGE)
    ran = drverify(config, "drill", "run", "tiny", "--json")
    assert ran.code == 11, ran.err
    assert outcomes(ran) == PROVEN
    record = ran.json()["record"]
    assert record["faults"] == record["defects"] == []
    assert record["restore"]["restoredBytes"] == imaged.disk.stat().st_size
    assert record["cleanedUp"]
    assert "qemu-img" in {tool["name"] for tool in record["tools"]}


def test_a_raw_image_runs_where_it_lies_and_is_not_changed(
    imaged: ImageEstate, images: Path, config: Path
) -> None:
    image = convert(imaged, images / "tiny.raw", "raw")
    settle(image, AGE)
    before = (image.read_bytes(), image.stat().st_mtime_ns)
    ran = drverify(config, "drill", "run", "tiny", "--mode", "instant", "--json")
    assert ran.code == 11, ran.err
    assert ran.json()["record"]["faults"] == ran.json()["record"]["defects"] == []
    assert outcomes(ran)["application-validation"] == "MET"
    assert (image.read_bytes(), image.stat().st_mtime_ns) == before


def test_a_truncated_image_is_the_providers_defect(imaged: ImageEstate, images: Path, config: Path) -> None:
    image = convert(imaged, images / "tiny.qcow2", "qcow2")
    with image.open("r+b") as file:
        file.truncate(image.stat().st_size // 2)
    settle(image, AGE)
    ran = drverify(config, "drill", "run", "tiny", "--json")
    assert ran.code == 10, ran.err
    assert outcomes(ran)["rto"] == "MISSED"
    record = ran.json()["record"]
    assert record["faults"] == []
    assert "corruptions" in record["defects"][0]["what"]


def test_an_overlay_proves_nothing_and_nothing_is_followed(
    imaged: ImageEstate, images: Path, config: Path
) -> None:
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", imaged.disk]
    subprocess.run([*words, images / "tiny.qcow2"], check=True)
    settle(images / "tiny.qcow2", AGE)
    ran = drverify(config, "drill", "run", "tiny", "--json")
    assert ran.code == 11, ran.err
    record = ran.json()["record"]
    assert record["defects"] == []
    assert outcomes(ran)["rto"] == "UNPROVEN"
    (fault,) = record["faults"]
    assert (fault["attribution"], fault["phase"]) == ("restore-host", "restore")
    assert "backing file" in fault["what"]
