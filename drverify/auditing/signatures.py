"""Whether keys signed in their time, by the bounds of the entries that their signatures stand in. Pure."""

from collections.abc import Sequence

from drverify.auditing.findings import Findings
from drverify.auditing.times import Times
from drverify.model.evidence import TrustedKey
from drverify.sealing.keyring import usable
from drverify.sealing.keys import keyid_of


class KeyTimes:
    """Asks for each signature; what is not shown is told once for each key, with the number of signatures."""

    def __init__(self, times: Times, findings: Findings) -> None:
        self._times = times
        self._findings = findings
        self._not_shown: dict[str, tuple[int, str]] = {}

    def check(self, signers: Sequence[TrustedKey], index: int) -> bool:
        """Whether all of them may have signed what is entry `index`; a finding when not."""
        found = [self._may(key, index) for key in signers]
        return all(found)

    def _may(self, key: TrustedKey, index: int) -> bool:
        if key.valid_from is None and key.valid_until is None and key.revoked is None:
            return True
        found = usable(key, self._times.earliest(index), self._times.vouched(index))
        name = key.name or keyid_of(key.public_der)[:16]
        if found.answer == "no":
            self._findings.add("bad-key-time", f"the {key.role} key {name}: {found.why}", f"entry {index}")
        elif found.answer == "not shown":
            count, _ = self._not_shown.get(name, (0, ""))
            self._not_shown[name] = count + 1, found.why
        return found.answer != "no"

    def end(self) -> None:
        """Tell what was not shown."""
        for name, (count, why) in sorted(self._not_shown.items()):
            self._findings.add("key-time-not-shown", f"{count} signatures of the key {name}: {why}")
