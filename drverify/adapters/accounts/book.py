"""`<state_dir>/operation/accounts.json`: accounts, rules and digests of tokens; for nobody else's eyes.

One JSON object in the form of `sealing.codec` (`drverify.model.account.Accounts`). The command line changes
it under a lock, atomically; the web server reads it again when it was changed, so that somebody who is
turned out is out with their next request.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.adapters.storage.locks import acquire
from drverify.errors import EvidenceError, InputError
from drverify.model.account import Accounts
from drverify.sealing import codec

NAME = "accounts.json"
_OTHERS = 0o077


class AccountBook:
    """The accounts of one site."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._stamp: tuple[int, ...] = ()
        self._known = Accounts()

    def read(self) -> Accounts:
        """Everybody who is let in; nobody while there is no file.

        InputError when the file is no such file, or others on this machine may read it.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return Accounts()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            if found.st_mode & _OTHERS:
                raise InputError(
                    f"{self.path} may be read by other users of this machine", hint=f"chmod 600 {self.path}"
                )
            self._known, self._stamp = self._parsed(), stamp
        return self._known

    def change(self, by: Callable[[Accounts], Accounts]) -> Accounts:
        """Replace the accounts by what `by` makes of them; one at a time. HostError when that fails."""
        with state_access(f"make {self.path.parent}"):
            inner_directory(self.path.parent)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            acquire(lock, self.path, what="the accounts")
            changed = by(self.read())
            text = json.dumps(codec.to_json(changed), indent=2, ensure_ascii=False)
            write_durably(self.path, text.encode() + b"\n")
            return changed
        finally:
            os.close(lock)

    def _parsed(self) -> Accounts:
        with state_access(f"read {self.path}"):
            content = self.path.read_bytes()
        try:
            return codec.from_json(json.loads(content), Accounts, what=str(self.path))
        except (ValueError, EvidenceError) as error:
            raise InputError(f"{self.path} is damaged: {error}", hint="restore it from a backup") from error
