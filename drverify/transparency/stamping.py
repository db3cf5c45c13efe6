"""What a time authority is asked to stamp: a checkpoint as its log signed it. Pure."""

from drverify.errors import EvidenceError
from drverify.transparency import note
from drverify.transparency.note import Note, NoteKey


def stamped_bytes(signed: Note, key: NoteKey) -> bytes:
    """The note with the log's own signature line and no other: signatures that come later change nothing.

    These bytes are the file `log/checkpoints/<size>`. EvidenceError when the log did not sign the note.
    """
    own = next((one for one in signed.signatures if (one.name, one.id) == (key.name, key.id)), None)
    if own is None:
        raise EvidenceError(f"the log {key.name} did not sign this checkpoint")
    return note.render(Note(text=signed.text, signatures=(own,)))
