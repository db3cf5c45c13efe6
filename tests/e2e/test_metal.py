"""A machine that was rebuilt from its files starts, on a controller and by a firmware that it never had."""

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
