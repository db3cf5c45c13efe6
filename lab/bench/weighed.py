"""Runs `drverify` with the words that it is given, and says on the last line of stderr what that took.

    python -m lab.bench.weighed audit year.tar --trust trust.json

`ru_maxrss` of a child counts what whoever started it had in memory, too; the kernel's high-water mark of
this process does not.
"""

import json
import resource
import sys
from pathlib import Path

from drverify.cli.main import main


def taken() -> dict[str, float]:
    """Processor seconds of this process and those it waited for, and the most bytes this one had resident."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    status = Path("/proc/self/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return {"cpu": sum(one.ru_utime + one.ru_stime for one in used), "peak": int(peak) * 1024}


if __name__ == "__main__":
    code = main(sys.argv[1:])
    print(json.dumps(taken()), file=sys.stderr)
    sys.exit(code)
