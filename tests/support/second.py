"""The second verifier, the one file that goes into every bundle, asked the same question as the first."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography import x509

from drverify.auditing.question import Held
from drverify.model.audit import Audit
from drverify.sealing.keyring import keyring_file
from drverify.sealing.keys import Trust
from drverify.transparency import note

PROGRAM = Path(__file__).parents[2] / "drverify" / "adapters" / "bundle" / "shipped" / "check_bundle.py"


def _loaded() -> ModuleType:
    """The program as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("check_bundle", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_bundle"] = module
    spec.loader.exec_module(module)
    return module


_PROGRAM: Any = _loaded()


class _Files(_PROGRAM.Files):  # type: ignore[misc]
    """Its files, out of a dictionary."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self.content, self.places, self.used = content, {}, set()
        for name in sorted(content):
            self._add(name, (0, len(content[name])))

    def read(self, name: str) -> bytes:
        _PROGRAM.refuse_unless(name in self.places, f"{name} is not there")
        self.used.add(name)
        return self.content[name]

    def lines(self, name: str) -> Iterator[bytes]:
        *lines, rest = self.read(name).split(b"\n")
        yield from lines
        _PROGRAM.refuse_unless(not rest, f"{name}: a line is cut off")


def asked(
    files: Mapping[str, bytes], trust: Trust, held: Sequence[Held] = (), *, at: datetime
) -> tuple[int, str]:
    """Its exit code, and why."""
    return _code(lambda: _Files(files), trust, held, at)


def of_file(path: Path, trust: Trust, *, at: datetime) -> tuple[int, str]:
    """The same of an archive, which it reads itself."""
    return _code(lambda: _PROGRAM.Files(path), trust, (), at)


def _code(files: Callable[[], Any], trust: Trust, held: Sequence[Held], at: datetime) -> tuple[int, str]:
    entries = json.loads(keyring_file(trust.keys, trust.authorities))["keys"]
    try:
        checkpoints = [_PROGRAM.Checkpoint(note.render(one.note), one.name) for one in held]
        audit = _PROGRAM.Audit(files(), _PROGRAM.Trust(entries), checkpoints, at)
        audit.run()
    except _PROGRAM.Refused as refused:
        return 12, str(refused)
    except _PROGRAM.MALFORMED as error:
        return 12, f"{type(error).__name__}: {error}"
    return (11, "; ".join(audit.missing)) if audit.missing else (0, "")


def stamped(token: bytes, message: bytes, root: bytes) -> datetime | None:
    """The latest instant at which it says that a token was made; None when it refuses the token."""
    try:
        latest: datetime = _PROGRAM.stamped_at(token, message, [x509.load_der_x509_certificate(root)])[1]
    except _PROGRAM.Refused:
        return None
    return latest


def is_file(trust: Trust) -> bool:
    """Whether a trust file could say it: no key twice, and authorities that are certificates."""
    return len({key.public_der for key in trust.keys}) == len(trust.keys) and not trust.authorities


def expected(found: Audit) -> int:
    """The exit code that the first verifier gives."""
    return 0 if found.complete else 11 if found.holds else 12
