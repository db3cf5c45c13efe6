"""Which firmware a guest gets, and what of the backup's variables it keeps."""

import os
import struct
from pathlib import Path

import pytest

from drverify.adapters.libvirt import firmware
from drverify.adapters.libvirt.xml import QemuAccount
from drverify.errors import HostError

US = QemuAccount(uid=os.getuid(), gid=os.getgid())


def volume(size: int, rest: bytes = b"") -> bytes:
    return struct.pack("<16x16xQ4s", size, b"_FVH").ljust(size, b"\xff") + rest


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two layouts of firmware, of 4096 and 1024 bytes of variables."""
    pairs = []
    for name, size in (("large", 4096), ("small", 1024)):
        (tmp_path / f"{name}.code").write_bytes(b"code")
        (tmp_path / f"{name}.vars").write_bytes(volume(size))
        pairs.append((str(tmp_path / f"{name}.code"), str(tmp_path / f"{name}.vars")))
    monkeypatch.setattr(firmware, "KNOWN", tuple(pairs))
    return tmp_path


def test_without_a_memory_the_first_firmware_and_its_template_are_taken(installed: Path):
    made = firmware.prepared(installed / "nvram.fd", US, None)
    assert made.code.name == "large.code"
    assert made.variables.read_bytes() == volume(4096)
    assert made.variables.stat().st_mode & 0o777 == 0o600


def test_variables_of_the_backup_choose_the_code_and_lose_their_padding(installed: Path):
    remembered = installed / "efidisk0.raw"
    remembered.write_bytes(volume(1024, b"\0" * 3072))
    made = firmware.prepared(installed / "nvram.fd", US, remembered)
    assert made.code.name == "small.code"
    assert made.variables.read_bytes() == volume(1024)


def test_a_store_that_was_never_used_is_as_good_as_none(installed: Path):
    remembered = installed / "efidisk0.raw"
    for blank in (b"", bytes(4096), b"\xff" * 4096):
        remembered.write_bytes(blank)
        made = firmware.prepared(installed / "nvram.fd", US, remembered)
        assert made.variables.read_bytes() == volume(4096)


def test_another_layout_is_said_so(installed: Path):
    remembered = installed / "efidisk0.raw"
    remembered.write_bytes(volume(2048))
    with pytest.raises(HostError, match="variables of 2048 bytes"):
        firmware.prepared(installed / "nvram.fd", US, remembered)
    remembered.write_bytes(volume(4096)[:1024])
    with pytest.raises(HostError, match="4096 bytes of 1024"):
        firmware.prepared(installed / "nvram.fd", US, remembered)


def test_no_firmware_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(firmware, "KNOWN", ())
    with pytest.raises(HostError, match="no UEFI firmware is installed"):
        firmware.prepared(tmp_path / "nvram.fd", US, None)
