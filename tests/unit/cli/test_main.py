"""What the command line does with wrong words, missing packages and wrong files: advice, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from drverify.cli.main import main

ROOT = Path(__file__).parents[3]


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    """As after `pip install drverify` alone."""
    script = (
        "import sys\n"
        "sys.modules['rich'] = None\n"
        "from drverify.cli.main import main\n"
        "sys.exit(main(['drill', 'list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "pip install 'drverify[all]'" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no settings file"),
        ("state_dir = ", "Invalid value"),
        ("nonsense = 1", "nonsense"),
        ("", "inventory: Field required"),
        ("\xff", "cannot read the settings"),
    ],
)
def test_wrong_settings_are_told_with_the_files_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    path = tmp_path / "drverify.toml"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    assert main(["--config", str(path), "drill", "list"]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert str(path) in said


def test_an_unknown_verb_is_refused_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dril"])
    assert ended.value.code == 2
    assert "usage: drverify" in capsys.readouterr().err
