"""File sets out of a real restic: whole and sampled, held against manifests, and found to differ."""

import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.filesets.making import make
from drverify.adapters.filesets.mtree import end_line
from drverify.judging.trust import not_recovered
from drverify.model.drill import DrillRecord
from drverify.model.files import LISTING, MANIFEST, Aspect, Sample, coverage, in_one_line, proves
from drverify.model.playbook import DumpProbe, Expectation
from drverify.planning.bound import at_most_ppm
from tests.support.file_drills import FileStage, alter, many_files

pytestmark = pytest.mark.needs_restic
FILES = 10_000
BAD = "dir-0042/file-004242"


def manifest_of(tree: Path, into: Path) -> Path:
    """A manifest of a tree as it is now."""
    with into.open("wb") as file:
        make(os.fsencode(tree), file, made_at=datetime.now(UTC), complain=refuse, stop=threading.Event())
    return into


def refuse(path: str, why: str) -> None:
    raise AssertionError(f"{path}: {why}")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> FileStage:
    """10,000 files, a manifest of them, and a backup of them after one was altered in silence."""
    made = FileStage(tmp_path_factory.mktemp("many"))
    many_files(made.files, FILES)
    manifest_of(made.files, made.root / "good.mtree")
    (made.root / "cut.mtree").write_bytes((made.root / "good.mtree").read_bytes()[:-20])
    alter(made.files / BAD)
    made.back_up(made.root / "cut.mtree")
    return made


def found(record: DrillRecord) -> str:
    assert record.faults == ()
    (defect,) = record.defects
    assert defect.phase == "probe"
    return defect.what


async def test_one_of_ten_thousand_files_altered_is_found(stage: FileStage) -> None:
    record = await stage.drill(stage.plan(manifest=f"file:{stage.root / 'good.mtree'}"))
    assert found(record).startswith(f"1 of 10,000 files differs: {BAD}: content is sha256 ")
    compared = record.comparison
    assert compared is not None
    assert (compared.population, compared.compared, compared.differing) == (FILES, FILES, 1)
    assert [one.aspect for one in compared.differences] == [Aspect.CONTENT]
    assert compared.at_most_ppm is None
    assert set(compared.aspects) >= {Aspect.CONTENT, Aspect.MODE, Aspect.MODIFIED, Aspect.UNLISTED}


async def test_a_sample_says_what_it_shows(stage: FileStage) -> None:
    sample = Sample(files=300, named=("dir-0001",))
    plan = stage.plan(manifest=f"file:{stage.root / 'good.mtree'}", sample=sample)
    record = await stage.drill(plan)
    assert (record.faults, record.defects) == ((), ())
    compared = record.comparison
    assert compared is not None
    assert record.restore is not None
    assert compared.seed == plan.challenge
    assert compared.compared == record.restore.files == sum(taken for _, _, taken in compared.strata)
    assert 400 <= compared.compared <= 402
    assert sum(files for _, files, _ in compared.strata) == compared.population == FILES
    assert compared.at_most_ppm == at_most_ppm([(files, taken) for _, files, taken in compared.strata])
    assert proves(compared).startswith("with 95 % confidence at most 1.01 % of the files (101 of 10,000)")
    assert "compared with manifest good.mtree" in coverage(compared)
    assert {LISTING, MANIFEST} <= {one.name for one in record.artefacts}


async def test_a_named_file_is_always_in_the_sample(stage: FileStage) -> None:
    plan = stage.plan(manifest=f"file:{stage.root / 'good.mtree'}", sample=Sample(named=(BAD,)))
    record = await stage.drill(plan)
    assert found(record).startswith(f"1 of 2 files differs: {BAD}: content is")
    assert record.comparison is not None
    assert record.comparison.seed == ""


async def test_what_the_point_does_not_hold_is_found_without_restoring_it(
    stage: FileStage, tmp_path: Path
) -> None:
    lines = (stage.root / "good.mtree").read_bytes().splitlines(keepends=True)
    extra = b"./dir-0001/gone type=file size=1 time=1.000000000\n"
    longer = tmp_path / "longer.mtree"
    longer.write_bytes(b"".join([*lines[:-1], extra, end_line(len(lines) - 3, 0)]))
    record = await stage.drill(stage.plan(manifest=f"file:{longer}", sample=Sample(files=50)))
    assert (record.faults, record.defects) == ((), ())  # it may have been deleted before the backup
    assert record.comparison is not None
    assert in_one_line(record.comparison) == (
        "1 of 10,000 files differs: dir-0001/gone: the manifest has a file, it is not in the backup"
    )


async def test_everything_about_a_file_is_compared(tmp_path: Path) -> None:
    stage = FileStage(tmp_path)
    tree = stage.files
    (tree / "a b\n\\").mkdir()
    odd = os.path.join(os.fsencode(tree), b"a b\n\\", b"odd \xff#=name")  # noqa: PTH118
    for place in (tree / "plain", tree / "mode", tree / "owner", tree / "acl", tree / "attribute"):
        place.write_text(place.name)
    with open(odd, "wb") as file:  # noqa: PTH123
        file.write(b"odd")
    (tree / "link").symlink_to("plain")
    os.link(tree / "plain", tree / "hard")
    os.mkfifo(tree / "pipe")
    (tree / "MANIFEST").write_bytes(b"")
    acl = bytes.fromhex(
        "02000000010006 00ffffffff 02000600e8030000 04000400ffffffff 10000600ffffffff 20000400ffffffff"
    )
    os.setxattr(tree / "acl", "system.posix_acl_access", acl)
    os.setxattr(tree / "attribute", "user.note", b"kept")
    os.chown(tree / "owner", 1234, 2345) if os.geteuid() == 0 else None
    content = io.BytesIO()
    place = tree / "MANIFEST"
    status = place.stat()
    make(
        os.fsencode(tree), content, made_at=datetime.now(UTC), leave_out=(status.st_dev, status.st_ino),
        complain=refuse, stop=threading.Event(),
    )  # fmt: skip
    before = tree.stat()
    place.write_bytes(content.getvalue())
    os.utime(tree, ns=(before.st_atime_ns, before.st_mtime_ns))
    stage.back_up()
    same = await stage.drill(stage.plan(manifest=str(place)))
    assert (same.faults, same.defects) == ((), ())
    assert same.comparison is not None
    assert same.comparison.compared == 9
    assert Aspect.ACL in same.comparison.aspects

    (tree / "mode").chmod(0o4711)
    os.chown(tree / "owner", 1, 1) if os.geteuid() == 0 else None
    os.removexattr(tree / "acl", "system.posix_acl_access")
    os.setxattr(tree / "attribute", "user.note", b"other")
    (tree / "link").unlink()
    (tree / "link").symlink_to("/etc/passwd")
    (tree / "pipe").unlink()
    (tree / "unlisted").write_text("new")
    os.utime(tree / "unlisted", (1, 1))
    stage.back_up()
    record = await stage.drill(stage.plan(manifest=str(place)))
    assert record.comparison is not None
    seen = {(one.path, one.aspect) for one in record.comparison.differences}
    assert seen >= {
        ("mode", Aspect.MODE), ("acl", Aspect.ACL), ("attribute", Aspect.XATTR),
        ("pipe", Aspect.MISSING), ("unlisted", Aspect.UNLISTED),
    }  # fmt: skip
    assert os.geteuid() != 0 or ("owner", Aspect.OWNER) in seen
    assert record.comparison.changed_since == 1  # the link is younger than the manifest


async def test_a_manifest_out_of_the_backup_that_was_cut_off_is_the_backups_defect(stage: FileStage) -> None:
    plan = stage.plan(manifest=str(stage.root / "cut.mtree"), sample=Sample(named=(BAD,)))
    assert "cannot be read: it was cut off: it has 10101 entries" in found(await stage.drill(plan))


async def test_a_manifest_beside_that_is_missing_is_no_defect(stage: FileStage) -> None:
    record = await stage.drill(stage.plan(manifest="file:/nowhere/m"))
    assert record.defects == ()
    (fault,) = record.faults
    assert fault.what.startswith("the manifest /nowhere/m cannot be read")
    assert record.restore is None


async def test_dumps_that_do_not_load_are_findings_of_the_drill(tmp_path: Path) -> None:
    """One drill, each probe with its own answer: none of them is a fault of ours, and nothing recovered."""
    stage = FileStage(tmp_path)
    whole = "--\n-- PostgreSQL database dump\n--\n-- Dumped from database version {}.1\nSELECT 1;\n"
    (stage.files / "cut.sql").write_text(whole.format(15))
    ended = "--\n-- PostgreSQL database dump complete\n--\n"
    (stage.files / "newer.sql").write_text(whole.format(99) + ended)
    stage.back_up()
    probes = tuple(
        DumpProbe(
            id=name, path=f"{name}.sql", server="15", query="SELECT 1", expect=Expectation(op="eq", value="1")
        )
        for name in ("cut", "newer")
    )
    plan = stage.plan(probes)
    record = await stage.drill(plan)
    assert (record.faults, record.defects) == ((), ())
    said = {one.probe: one.observed for one in record.probes}
    assert said["cut"] == "cut.sql: the dump is truncated: its last line is missing"
    assert said["newer"].startswith("newer.sql: a dump of another version: of PostgreSQL 99")
    assert "probe cut failed" in not_recovered(plan, record)
