"""A machine rebuilt from its files starts: on a strange controller, by a strange firmware, on LVM, LUKS and a mirror."""

import pytest

from lab import demo_metal
from lab.estate.metal import FILES

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.soak,
    pytest.mark.slow,
    pytest.mark.timeout(2400),
]


def test_rebuilt_boots(capfd: pytest.CaptureFixture[str]) -> None:
    assert demo_metal.main(["--only", FILES]) == 0
    shown = capfd.readouterr().out
    assert "sata-pc" in shown
    assert "uefi-virtio" in shown
    (volumes,) = [line for line in shown.splitlines() if "metal-files" in line and "its own" in line]
    assert "4 MET" in volumes
    assert "crypttab" in shown
