"""The escrow as a recovery sees it: gives what is listed, refuses the rest, and notes what was asked for."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from drverify.errors import DrverifyError, HarnessError
from drverify.model.cold import Answer, Asked, ColdStart
from drverify.model.recovery import SecretRef
from drverify.model.steps import PutStep


class EscrowError(HarnessError):
    """The escrow is incomplete: a fault of how the recovery was prepared, not of the backup."""


class Escrow:
    """One cold start's keys and files."""

    def __init__(self, cold: ColdStart, read: Callable[[SecretRef], bytes]) -> None:
        """`read` resolves where a copy lies; it is asked for nothing else."""
        self._keys = {one.ref: one for one in cold.keys}
        self._files = {one.path: one for one in cold.files}
        self._read = read
        self._asked: dict[str, Answer] = {}

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What was asked for so far; each once, with the worst answer."""
        return tuple(Asked(what=what, answer=answer) for what, answer in self._asked.items())

    def secret(self, ref: SecretRef) -> bytes:
        """The copy of a secret. EscrowError when it is not listed, not there, or another one."""
        listed = self._keys.get(ref)
        if listed is None:
            raise self._refused(ref, "not in escrow", f"{ref} is not in it")
        try:
            content = self._read(listed.escrow)
        except DrverifyError as error:
            raise self._refused(ref, "cannot be read", f"{ref}, {listed.kept}: {error}") from error
        if listed.sha256 is not None and hashlib.sha256(content).hexdigest() != listed.sha256:
            raise self._refused(
                ref, "another than was put there", f"the copy of {ref} is not the one that was put there"
            )
        self._given(ref)
        return content

    def put(self, content_of: Callable[[PutStep], bytes]) -> Callable[[PutStep], bytes]:
        """What steps put into guests, as far as it is listed. EscrowError as `secret`."""

        def checked(step: PutStep) -> bytes:
            content = content_of(step)
            self.check_file(step.source, content)
            return content

        return checked

    def check_file(self, path: str, content: bytes) -> None:
        """Hold a file that is used against the list. EscrowError as `secret`."""
        listed = self._files.get(path)
        if listed is None:
            raise self._refused(path, "not in escrow", f"the file {path} is not in it")
        if hashlib.sha256(content).hexdigest() != listed.sha256:
            raise self._refused(
                path, "another than was put there", f"the file {path} is not the one that was put there"
            )
        self._given(path)

    def check_path(self, path: Path) -> None:
        """The same for a file of this machine, whose absence is the reader's to tell."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise self._refused(str(path), "cannot be read", f"{path}: {error.strerror}") from error
        self.check_file(str(path), content)

    def _given(self, what: str) -> None:
        self._asked.setdefault(what, "given")

    def _refused(self, what: str, answer: Answer, why: str) -> EscrowError:
        self._asked[what] = answer
        return EscrowError(
            f"the escrow is incomplete: {why}",
            hint="put it there, and list it in the playbook's section `cold`",
        )
