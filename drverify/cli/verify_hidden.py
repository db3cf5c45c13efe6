"""What evidence hides, and what disclosures say of it, for `drverify verify`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drverify.cli.trusted import own_file
from drverify.sealing.codec import to_json
from drverify.sealing.redaction import Disclosed, disclosed, hidden_in
from drverify.sealing.strict_json import MAX_BYTES, Json
from drverify.sealing.verification import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """The placeholders of one drill, with their places, and the values that are known."""

    places: Mapping[str, tuple[str, ...]]
    """By digest."""
    known: Disclosed

    @classmethod
    def of(cls, report: Report, disclosures: Path | None) -> "Hidden":
        """Look for what is hidden; EvidenceError for disclosures that do not fit."""
        places = hidden_in(to_json(report.plan), to_json(report.record))
        content = own_file(disclosures, MAX_BYTES) if disclosures is not None else b""
        return cls(places=places, known=disclosed(content, places))

    def lines(self) -> list[str]:
        """What is hidden and where, and what of it is disclosed; nothing when nothing is hidden."""
        if not self.places:
            return []
        told = len(self.known.values)
        lines = [
            "",
            f"Hidden are {len(self.places)} names, hosts and addresses; {told} of them are disclosed:",
        ]
        for digest, places in self.places.items():
            more = f", and {len(places) - 1} more places" if len(places) > 1 else ""
            lines.append(f"  sd:{digest}  {places[0]}{more}")
        if self.known.strange:
            lines.append(f"  note: {self.known.strange} disclosures belong to nothing that is hidden here")
        return lines

    def json(self) -> dict[str, Json]:
        """The same for programs."""
        if not self.places:
            return {}
        return {
            "hidden": {digest: list(places) for digest, places in self.places.items()},
            "disclosed": dict(self.known.values),
        }
