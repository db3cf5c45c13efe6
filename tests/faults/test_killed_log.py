"""A writer of the log, killed before each of its steps on disk: nothing is lost, doubled, or in the way."""

import subprocess
import sys
from pathlib import Path

from drverify.adapters.storage.log_check import check_whole
from tests.support import estates
from tests.unit.adapters.storage.test_log import PRIVATE, log_at, numbered, whole

FROM, TO = 254, 258
"""Two bundles, two tiles and one above are written, and partial ones go."""
WRITER = f"""
import os, shutil, signal, sys
from pathlib import Path
from tests.unit.adapters.storage.test_log import PRIVATE, log_at, numbered

root, steps = Path(sys.argv[1]), 0

def killed_at(number):
    def step(name, real):
        def one(*args, **kwargs):
            global steps
            if steps == number:
                if name == "fsync" and os.stat(args[0]).st_size and not os.get_inheritable(args[0]):
                    try:
                        os.ftruncate(args[0], os.stat(args[0]).st_size // 2)  # half of it is on disk
                    except OSError:
                        pass  # a directory
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1
            return real(*args, **kwargs)
        return one
    for name in ("open", "mkdir", "fsync", "replace", "rename", "unlink", "rmdir"):
        setattr(os, name, step(name, getattr(os, name)))

for number in range(1000):
    place = root / f"{{number:03d}}"
    shutil.copytree(root / "before", place)
    child = os.fork()
    if not child:
        killed_at(number)
        log_at(place).append(numbered({FROM}, {TO}), PRIVATE.sign)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_killed_before_any_step_on_disk_it_has_all_of_an_append_or_nothing(tmp_path: Path) -> None:
    log_at(tmp_path / "before").append(numbered(0, FROM), PRIVATE.sign)
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        cwd=estates.ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sizes = []
    for place in sorted(tmp_path.glob("[0-9]*")):
        log = log_at(place)
        size = log.size
        assert list(log.entries(0, size)) == numbered(0, size), place.name
        whole(log)
        check_whole(log)
        assert log.append(numbered(size, TO + 1), PRIVATE.sign) == range(size, TO + 1), place.name
        assert whole(log).size == TO + 1
        assert list(log.entries(0, TO + 1)) == numbered(0, TO + 1), place.name
        sizes.append(size)
    assert set(sizes) == {FROM, TO}
    assert sizes == sorted(sizes)
    assert len(sizes) > 40
