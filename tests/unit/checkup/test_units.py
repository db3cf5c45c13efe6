import shutil
import subprocess
from pathlib import Path

import pytest

from drverify.adapters.libvirt.domain import QEMU_LOGS
from drverify.checkup.units import UNITS, installed_units, missing, unit_text

COMMAND = "/bin/true --config '/etc/drverify/a b.toml'"


def write(folder: Path) -> None:
    for name in UNITS:
        text = unit_text(
            name,
            command=COMMAND,
            state_dirs=[Path("/var/lib/drverify")],
            metrics_file=Path("/var/lib/node exporter/drverify.prom"),
            credentials=["desk"],
        )
        (folder / name).write_text(text, encoding="utf-8")


def test_every_unit_is_filled_in() -> None:
    for name in UNITS:
        assert "@" not in unit_text(name, command="x", state_dirs=[Path("/y")]).replace("@system-service", "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    write(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / name for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Unknown" not in done.stderr
    assert "Failed" not in done.stderr


def test_installed_units_are_held_against_the_shipped_ones(tmp_path: Path) -> None:
    assert installed_units(tmp_path) == ()
    write(tmp_path)
    assert {one.state for one in installed_units(tmp_path)} == {"ok"}


def test_a_right_that_was_widened_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "drverify-web.service"
    path.write_text(path.read_text().replace("NoNewPrivileges=yes\n", ""))
    (found,) = [one for one in installed_units(tmp_path) if one.state != "ok"]
    assert (found.what, found.seen) == ("drverify-web.service", "lacks NoNewPrivileges=yes")


def test_directories_that_the_settings_write_and_a_unit_does_not_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    metrics = Path("/var/lib/node exporter/drverify.prom")
    own = [Path("/var/lib/drverify"), Path("/var/lib/drverify/second")]
    assert {one.state for one in installed_units(tmp_path, state_dirs=own, metrics_file=metrics)} == {"ok"}
    moved = installed_units(
        tmp_path, state_dirs=[*own, Path("/srv/100% b")], metrics_file=Path("/run/m/x.prom")
    )
    said = {one.what: one.seen for one in moved if one.state != "ok"}
    assert said["drverify-web.service"] == "may not write /srv/100% b, where drverify does"
    assert said["drverify-scheduler.service"].endswith("; may not write /run/m, where drverify does")
    assert "/run/m" not in said["drverify.service"], "a directory above it may be written"
    path = tmp_path / "drverify-web.service"
    path.write_text(path.read_text() + "ReadWritePaths=\nReadWritePaths=/srv/other\n")
    found = {one.what: one.seen for one in installed_units(tmp_path, state_dirs=own[:1])}
    assert found["drverify-web.service"] == "may not write /var/lib/drverify, where drverify does"


def writable(name: str, metrics_file: Path | None) -> list[str]:
    text = unit_text(name, command="x", state_dirs=[Path("/var/lib/a")], metrics_file=metrics_file)
    (line,) = [one for one in text.splitlines() if one.startswith("ReadWritePaths=")]
    return line.removeprefix("ReadWritePaths=").split()


@pytest.mark.parametrize("name", UNITS[:4])
def test_whoever_does_the_rounds_may_write_the_metrics(name: str) -> None:
    place = Path("/var/lib/node_exporter/textfile")
    rounds = name in {"drverify.service", "drverify-scheduler.service"}
    assert ("-" + str(place) in writable(name, place / "drverify.prom")) is rounds
    assert writable(name, None)[0] == "/var/lib/a"


@pytest.mark.parametrize("name", UNITS[:5])
def test_whoever_takes_a_guest_back_may_remove_what_qemu_wrote_of_it(name: str) -> None:
    """Seen under systemd: a unit that may not remove QEMU's log leaves every sandbox of a guest behind."""
    drills = name in {"drverify.service", "drverify-worker.service", "drverify-reap.service"}
    assert (f"-{QEMU_LOGS}" in writable(name, None)) is drills


@pytest.mark.parametrize("name", UNITS)
def test_every_service_is_given_the_credentials_that_the_settings_name(name: str) -> None:
    """Seen under systemd: `database = "cred:desk"` is read from what systemd hands over, by this line."""
    text = unit_text(name, command="x", state_dirs=[Path("/y")], credentials=["desk", "mail"])
    loaded = [one for one in text.splitlines() if one.startswith("LoadCredential=")]
    assert loaded == (["LoadCredential=desk", "LoadCredential=mail"] if name.endswith(".service") else [])


def test_a_drill_outlives_its_worker() -> None:
    assert missing("drverify-worker.service", "") != ()
    assert "KillMode=process" in missing("drverify-worker.service", "KillMode=control-group")
