"""Partitions never meet and lie on the disk; a rewritten fstab mounts everything once and stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import InputError
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.preparing.disks import MIB, SECTOR, TAIL, sliced
from drverify.preparing.mounts import Made, fstab

SIZES = st.integers(min_value=1, max_value=4 << 30)
LINES = st.one_of(
    st.text(alphabet=" \t#/=abUID-\\0", max_size=40),
    st.builds(
        " ".join,
        st.tuples(
            st.sampled_from(
                ["UUID=a", "/dev/sda1", "LABEL=x", "nas:/x", "tmpfs", "//nas/x", "/swap", "none"]
            ),
            st.sampled_from(["/", "/srv", "/my\\040data", "none", "swap", "/home", "/srv/"]),
            st.sampled_from(["ext4", "xfs", "btrfs", "swap", "nfs", "auto", "vfat"]),
            st.sampled_from(["defaults", "noauto", "errors=remount-ro,noatime", "subvol=@"]),
        ),
    ),
)
MADE = [
    Made(at="/", kind="ext4", uuid="1"),
    Made(at="/srv", kind="xfs", uuid="2"),
    Made(at="/my data", kind="btrfs", uuid="3"),
    Made(at="", kind="swap", uuid="4"),
]


@given(
    sizes=st.lists(SIZES, max_size=4),
    rest=st.booleans(),
    firmware=st.sampled_from(["bios", "uefi"]),
    table=st.sampled_from(["gpt", "mbr"]),
    disk=st.integers(min_value=1 << 20, max_value=16 << 30),
)
def test_partitions_lie_one_behind_the_other(sizes, rest, firmware, table, disk) -> None:
    file_systems = [PlannedFileSystem(at=f"/{n}", size_bytes=size) for n, size in enumerate(sizes)]
    file_systems += [PlannedFileSystem(at="/")] if rest else []
    try:
        slices = sliced(Layout(table=table, file_systems=tuple(file_systems)), firmware, disk)
    except InputError:
        assert sum(sizes) + 4 * MIB + len(sizes) * MIB > disk or disk < 4 * MIB
        return
    end = MIB // SECTOR
    for number, one in enumerate(slices, 1):
        assert one.number == number
        assert one.first >= end
        assert not one.first % 2048, "a multiple of 1 MiB"
        assert one.last >= one.first
        wanted = one.holds.size_bytes if one.holds else None
        assert (one.last - one.first + 1) * SECTOR >= (wanted or 0)
        end = one.last + 1
    assert end <= disk // SECTOR - TAIL


@given(lines=st.lists(LINES, max_size=12))
def test_everything_is_mounted_once_and_a_second_time_changes_nothing(lines: list[str]) -> None:
    text = "\n".join(lines)
    first = fstab(text, MADE)
    used = [line.split() for line in first.text.splitlines() if not line.lstrip().startswith("#")]
    for one in MADE:
        assert sum(f"UUID={one.uuid}" in fields[:1] for fields in used) == 1
    again = fstab(first.text, MADE)
    assert again.text == first.text
    assert not again.reworks
    assert len(first.text.splitlines()) >= len(text.splitlines()), "no line is dropped"
