"""Whatever an image says: one that refers outside is refused, and no header makes us stumble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.images.formats import OutsideError, check_descriptor, declared, form_of
from drverify.adapters.images.names import read_name
from drverify.errors import DefectError, HostError
from tests.support.image_headers import DESCRIPTOR, qcow2, reader, vhdx, vmdk

MADE = {"qcow2": qcow2(), "vmdk": vmdk(), "vhdx": vhdx()}
U64 = st.integers(min_value=1, max_value=2**64 - 1)
BYTES = st.binary(max_size=40).filter(lambda text: b"\n" not in text)


@given(backing=U64, flags=st.integers(min_value=0, max_value=2**64 - 1))
def test_no_qcow2_with_a_backing_file_is_read(backing: int, flags: int) -> None:
    with pytest.raises(OutsideError):
        declared("qcow2", reader(qcow2(backing=backing, flags=flags)), "x")


@given(flags=st.integers(min_value=0, max_value=2**64 - 1))
def test_no_qcow2_with_a_data_file_is_read(flags: int) -> None:
    with pytest.raises(OutsideError):
        declared("qcow2", reader(qcow2(flags=flags | 4)), "x")


@given(flags=st.integers(min_value=0, max_value=2**32 - 1))
def test_no_vhdx_with_a_parent_is_read(flags: int) -> None:
    with pytest.raises(OutsideError):
        declared("vhdx", reader(vhdx(flags=flags | 2)), "x")


@given(
    access=st.sampled_from([b"RW", b"RDONLY", b"NOACCESS", b"rw"]),
    blanks=st.sampled_from([b" ", b"\t", b"   "]),
    kind=st.sampled_from([b"FLAT", b"SPARSE", b"VMFS", b"VMFSSPARSE", b"ZERO", b"SESPARSE", b"flat"]),
    path=BYTES,
)
def test_no_vmdk_with_another_extent_is_read(access: bytes, blanks: bytes, kind: bytes, path: bytes) -> None:
    line = blanks.join([access, b"2048", kind]) + b' "' + path + b'" 0\n'
    with pytest.raises(OutsideError):
        check_descriptor(DESCRIPTOR + line, "x")
    if kind != b"SPARSE":
        with pytest.raises(OutsideError):
            check_descriptor(DESCRIPTOR.replace(b'RW 16384 SPARSE "a.vmdk"\n', line), "x")


@given(before=BYTES, path=BYTES, upper=st.booleans())
def test_no_vmdk_with_a_parent_is_read(before: bytes, path: bytes, upper: bool) -> None:
    key = b"PARENTFILENAMEHINT" if upper else b"parentFileNameHint"
    with pytest.raises(OutsideError):
        check_descriptor(DESCRIPTOR + before + key + b'="' + path + b'"', "x")


@given(
    form=st.sampled_from(sorted(MADE)),
    holes=st.lists(st.tuples(st.integers(0, 300_000), st.binary(min_size=1, max_size=16)), max_size=6),
    near=st.lists(st.tuples(st.integers(0, 110), st.binary(min_size=1, max_size=8)), max_size=4),
    cut=st.integers(0, 3 << 20),
)
def test_a_changed_header_is_read_or_refused(
    form: str, holes: list[tuple[int, bytes]], near: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(MADE[form])
    for at, change in [*holes, *near]:
        data[at : at + len(change)] = change
    head = bytes(data[: max(cut, 8)])
    try:
        found = form_of(head[:1024], "", "x")
        said = declared(found, reader(head), "x")
    except (DefectError, HostError):
        return
    assert said.largest > 0


@given(st.text(max_size=60), st.sampled_from(["", ".raw", ".vmdk.zst", ".qcow2.part01"]))
def test_any_name_is_read(text: str, suffix: str) -> None:
    named = read_name(text + suffix)
    assert named is None or named.base
