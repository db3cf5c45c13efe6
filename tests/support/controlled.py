"""A workload of files in a real restic repository, with settings, papers and one drill that recovered it."""

import hashlib
import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

import lab.estate
from lab.estate.layout import write_secret
from tests.support.estates import drverify
from tests.support.restic import PASSWORD, Repository

LAB = Path(lab.estate.__file__).parent
WORKLOAD = "tiny"
"""As the lab's agreement calls it."""
STRICT = """\
version: 1
name: strict
applies_to: file-set
probes:
  - {id: files, kind: checksum, manifest: MANIFEST.sha256, min_files: 20, proves_application: true, within: 1m}
limits: {drill: 5m, restore_stall: 1m, healthy: 2m, settle: 0s}
"""
SHALLOW = """\
version: 1
name: shallow
applies_to: file-set
probes:
  - {id: newest, kind: freshness, newest: {kind: file, pattern: "**/*"}, within: 1m}
limits: {drill: 5m, restore_stall: 1m, healthy: 2m, settle: 0s}
"""
"""Looks at nothing but time stamps."""


@dataclass(frozen=True)
class FileEstate:
    """Where it is."""

    root: Path
    repository: Repository

    @property
    def files(self) -> Path:
        return self.root / "data"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def config(self) -> Path:
        return self.root / "drverify.toml"

    def everything(self) -> Mapping[str, tuple[int, int]]:
        """The repository's files: what no control may touch."""
        return self.repository.everything()

    def logged(self) -> Mapping[str, bytes]:
        """The log's files: a control is in none."""
        return {str(path): path.read_bytes() for path in (self.state / "log").rglob("*") if path.is_file()}

    def back_up(self) -> None:
        """One more point."""
        self.repository.restic("backup", "--host", "docs", str(self.files))

    def drill(self) -> None:
        """One drill, which recovers it."""
        ran = drverify(self.config, "drill", "run", WORKLOAD, "--json")
        assert ran.json()["record"]["defects"] == [], ran.err

    def use(self, playbook: str) -> None:
        """Let it be drilled by another playbook from now on."""
        self.inventory(playbook)

    def inventory(self, playbook: str) -> None:
        workload = {
            "name": WORKLOAD,
            "source": "vault",
            "points": {"host": "docs"},
            "payload": {"kind": "file-set", "path": str(self.files)},
            "playbook": playbook,
            "protected_since": datetime.now(UTC) - timedelta(minutes=30),
        }
        (self.root / "inventory.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))


def file_estate(
    root: Path, *, repository: str = "", more: str = "", playbooks: Mapping[str, str] | None = None
) -> FileEstate:
    """Build it in an existing directory: 24 files with a manifest, backed up twice.

    `repository` is another address for the settings; `more` is added to them.
    """
    made = FileEstate(root, Repository(path=root / "repo", image=root, files=root / "data"))
    lines, chance = [], random.Random(5)
    for number in range(24):
        path = made.files / f"{number % 3}" / f"file-{number:02}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(3000 + 100 * number))
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(made.files)}\n")
    (made.files / "MANIFEST.sha256").write_text("".join(lines))
    made.repository.initialise()
    made.back_up()
    shutil.copy(LAB / "tiny-agreement.lock.yaml", root / "agreement.lock.yaml")
    shutil.copy(LAB / "tiny-agreement.md", root / "tiny-agreement.md")
    write_secret(root / "password", PASSWORD.encode())
    for key in ("key", "log.key"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", root / key], check=True)
        (root / key).chmod(0o600)
    (root / "playbooks").mkdir()
    for name, content in (playbooks or {"strict": STRICT, "shallow": SHALLOW}).items():
        (root / "playbooks" / f"{name}.yaml").write_text(content)
    made.inventory("strict")
    made.config.write_text(
        f"""\
state_dir = "{made.state}"
register = "agreement.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"

[sources.vault]
kind = "restic"
repository = "{repository or made.repository.path}"
password = "file:password"
{more}
[hosts.local]
kind = "libvirt"

[signing]
key = "file:key"

[log]
origin = "provider.example/drverify/tiny"
key = "file:log.key"
"""
    )
    return made
