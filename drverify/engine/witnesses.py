"""The port to witnesses: others who see the log's checkpoints and sign that each begins with the last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drverify.transparency.note import Note, NoteKey, NoteSignature
from drverify.transparency.tree import Hash

Consistency = Callable[[int], tuple[Hash, ...]]
"""The proof that a tree begins with that of so many entries. DrverifyError when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """What came of asking one witness."""

    witness: str
    line: NoteSignature | None
    """Its cosignature, checked; none: it gave none that holds."""
    said: str
    """For a person, one line."""


class Witnesses(Protocol):
    """Cosign checkpoints, each with its own key and clock."""

    @property
    def keys(self) -> Mapping[str, NoteKey]:
        """The witnesses that can be asked, by name, and the key of each."""

    def ask(self, signed: Note, proof: Consistency, seen: Mapping[str, int]) -> tuple[Cosigned, ...]:
        """Ask all at once for a cosignature; `seen` is what each cosigned last, as far as is known.

        Blocks for seconds; raises nothing.
        """
