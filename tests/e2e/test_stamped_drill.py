"""A whole drill of the lab's tiny guest by the command line, stamped by two real authorities."""

from pathlib import Path

import pytest

from lab.authority.making import make_authority
from lab.authority.server import serving
from tests.support.authorities import accepted_by_openssl
from tests.support.estates import drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(300),
]


def test_a_drill_is_stamped_at_its_start_and_after_its_result(
    config: Path, state: Path, tmp_path: Path
) -> None:
    made = [
        make_authority(tmp_path / name, name, whole_chain=name == "second") for name in ("first", "second")
    ]
    with serving({one.name: one.reply for one in made}) as address:
        tables = [
            f'[[log.authorities]]\nname = "{one.name}"\nurl = "{address}/{one.name}"\nca = "{one.root}"\n'
            for one in made
        ]
        config.write_text("\n".join([config.read_text(), *tables]))
        ran = drverify(config, "drill", "run", "tiny")
    assert ran.code == 11, ran.err
    for one in made:
        assert ran.err.count(f"time stamp of {one.name}: 20") == 2, ran.err
        assert ran.err.index(f"time stamp of {one.name}") < ran.err.index("select"), ran.err
        for size in ("1", "2"):
            token = state / "log" / "timestamps" / f"{size}.{one.name}.tsr"
            assert accepted_by_openssl(state / "log" / "checkpoints" / size, token, one.root)
    (directory,) = (state / "drills").iterdir()
    checked = drverify(config, "verify", str(directory), "--trust", str(state / "runner.trust.json"))
    assert checked.code == 0, checked.out + checked.err
    assert "note: " not in checked.out
    assert "; the restore began at " in checked.out
    assert checked.out.count("nobody can have known the challenge before 20") == 2
    assert "challenge: returned (SMBIOS OEM string, " in checked.out
    assert "4 time stamps hold, the newest over 2 entries" in drverify(config, "log", "check").out
