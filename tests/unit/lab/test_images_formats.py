"""The two binary formats we write ourselves: newc archives and the master boot record."""

import gzip
import os
import struct
from pathlib import Path

from lab.images.disk import MIB, master_boot_record
from lab.images.initramfs import module_name, pack, with_dependencies


def unpack(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """Read a newc archive the way the kernel's documentation describes it."""
    data, found, at = gzip.decompress(archive), {}, 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        body = (at + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (mode, data[body : body + size])
        at = (body + size + 3) // 4 * 4


def test_an_archive_holds_files_links_and_directories(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_bytes(b"abcde")
    (tmp_path / "bin" / "tool").chmod(0o755)
    (tmp_path / "init").symlink_to("bin/tool")
    entries = unpack(pack(tmp_path))
    assert list(entries) == ["bin", "bin/tool", "init"], "a directory comes before its content"
    assert entries["bin/tool"] == (0o100755, b"abcde")
    assert entries["init"][1] == b"bin/tool"
    assert entries["init"][0] & 0o170000 == 0o120000
    assert entries["bin"][0] & 0o170000 == 0o040000


def test_an_archive_does_not_depend_on_times(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    first = pack(tmp_path)
    os.utime(tmp_path / "file", (1, 1))
    assert pack(tmp_path) == first


def test_modules_come_with_what_they_need_and_built_in_ones_are_skipped() -> None:
    dep = (
        "kernel/fs/ext4/ext4.ko.zst: kernel/fs/jbd2/jbd2.ko.zst kernel/lib/crc16.ko.zst\n"
        "kernel/fs/jbd2/jbd2.ko.zst:\nkernel/lib/crc16.ko.zst:\nkernel/net/virtio-net.ko:\nkernel/sound/snd.ko:\n"
    )
    assert with_dependencies(["ext4", "virtio_net", "ahci"], dep) == [
        "kernel/fs/ext4/ext4.ko.zst",
        "kernel/fs/jbd2/jbd2.ko.zst",
        "kernel/lib/crc16.ko.zst",
        "kernel/net/virtio-net.ko",
    ]
    assert module_name("kernel/a/virtio-rng.ko.xz") == "virtio_rng"


def test_the_boot_record_has_code_signature_and_adjoining_partitions() -> None:
    sector = master_boot_record(b"\xeb" * 512, [3 * MIB, 5 * MIB], 0x11223344)
    assert len(sector) == 512
    assert sector[:440] == b"\xeb" * 440
    assert sector[440:446] == bytes.fromhex("443322110000")
    assert sector[510:] == b"\x55\xaa"
    entries = [struct.unpack("<B3xB3xII", sector[446 + 16 * n : 462 + 16 * n]) for n in range(4)]
    assert entries == [(0x80, 0x83, 2048, 6144), (0, 0x83, 8192, 10240), (0, 0, 0, 0), (0, 0, 0, 0)]
