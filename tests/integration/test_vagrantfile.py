"""The Vagrantfile is one that vagrant takes, for both of its providers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def vagrant() -> str:
    found = shutil.which("vagrant")
    if found is None:
        pytest.skip("vagrant is not installed, so nobody checked the Vagrantfile: apt-get install vagrant")
    return found


def validate(vagrant: str, folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "VAGRANT_HOME": str(home / "vagrant"),
        "VAGRANT_CHECKPOINT_DISABLE": "1",
    }
    argv = [vagrant, "validate", *words]
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def plugins(vagrant: str) -> str:
    return subprocess.run([vagrant, "plugin", "list"], capture_output=True, text=True, check=True).stdout


def words_for(vagrant: str) -> tuple[str, ...]:
    """Debian recommends the libvirt plugin with vagrant; without it only the rest can be checked."""
    return () if "vagrant-libvirt" in plugins(vagrant) else ("--ignore-provider",)


def test_vagrant_takes_the_file(vagrant: str, checkout: Path, tmp_path: Path) -> None:
    shutil.copy(checkout / "Vagrantfile", tmp_path)
    done = validate(vagrant, tmp_path, tmp_path / "home", *words_for(vagrant))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "validated successfully" in done.stdout


def test_vagrant_would_refuse_a_wrong_one(vagrant: str, checkout: Path, tmp_path: Path) -> None:
    text = (checkout / "Vagrantfile").read_text()
    (tmp_path / "Vagrantfile").write_text(text.replace("config.vm.hostname", "config.vm.hostnaem"))
    done = validate(vagrant, tmp_path, tmp_path / "home", *words_for(vagrant))
    assert done.returncode != 0


@pytest.mark.parametrize(
    "needed", ["provider :libvirt", "provider :virtualbox", "machine.nested = true", "--nested-hw-virt"]
)
def test_both_providers_nest(checkout: Path, needed: str) -> None:
    assert needed in (checkout / "Vagrantfile").read_text()
