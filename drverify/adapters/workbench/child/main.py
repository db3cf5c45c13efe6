"""The workbench's child process: run by the system's Python, which has libguestfs's binding.

    /usr/bin/python3 -I -B main.py

It answers JSON by JSON, a line each (`serving`). This project is not installed for that Python: of it, and
of nothing else beside it, the modules are made importable here that need the standard library alone.
"""

import sys
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parents[3]


def main() -> None:
    """Make the project's modules importable, then serve."""
    package = ModuleType("drverify")
    package.__path__ = [str(PACKAGE)]
    sys.modules["drverify"] = package
    from drverify.adapters.workbench.child.serving import serve  # noqa: PLC0415 - importable from here on

    serve()


if __name__ == "__main__":
    main()
