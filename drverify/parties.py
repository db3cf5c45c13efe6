"""The two parties of an agreement as the settings name them: whose word counts, and what they state.

The customer's public key comes to the provider in a trust file, which the customer makes with its key
(`drverify key new --role customer`) and hands over by a way that both trust; `log.parties` names that file,
or one with the keys of several. The provider's own public key is added where its private key is at hand.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from drverify.adapters.signing.reference import KeyReference, PublicSigner, signer_of
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.records import RecordDirectory
from drverify.errors import InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import TrustedKey
from drverify.model.obligation import Register
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.completeness import Stated
from drverify.sealing.keys import parse_trust
from drverify.sealing.records.checking import Grounds
from drverify.sealing.records.history import History
from drverify.settings import Settings


class Parties:
    """Who may sign for whom, and the records that they signed."""

    def __init__(
        self,
        settings: Settings,
        records: Path,
        agreed: Callable[[], Agreed],
        others: Callable[[], Sequence[TrustedKey]],
    ) -> None:
        """`records` is where records lie, `others` gives our own keys in other roles."""
        self._settings = settings
        self._agreed = agreed
        self._others = others
        self.records = RecordDirectory(records, self.keys)

    def keys(self) -> tuple[TrustedKey, ...]:
        """Who may sign for provider and customer. InputError for a key that would sign in two roles."""
        keys = {key.public_der: key for key in self._named() if key.role in {"provider", "customer"}}
        if self._settings.signing.provider is not None:
            own = TrustedKey(role="provider", public_der=self.provider().public_der, name="provider")
            if keys.setdefault(own.public_der, own).role != "provider":
                raise InputError("signing.provider is a customer's key in log.parties")
        for other in self._others():
            if other.public_der in keys:
                raise InputError(
                    f"the {other.role}'s key is a {keys[other.public_der].role}'s, too: "
                    "one signer must not pass for two"
                )
        return tuple(keys.values())

    def provider(self) -> PublicSigner:
        """The key that signs for the provider. InputError when the settings name none, or it is not there."""
        chosen = self._settings.signing.provider
        if chosen is None:
            raise InputError(
                "the settings name no key of the provider",
                hint="name one with --key, or add signing.provider (`drverify key new --role provider`)",
            )
        return signer_of(KeyReference(reference=chosen), what="signing.provider", base=self._settings.base)

    def grounds(self, log: DirectoryLog, at: datetime | None = None) -> Grounds:
        """What a record is held against: the log's tree, the accepted agreement, when it is logged."""
        return Grounds(register=self._register, root=log.root, not_before=at, not_after=at)

    def stated(self, log: DirectoryLog) -> Stated:
        """What the parties state, as the log's entries are read with it."""
        return self.records.stated(lambda _: self.grounds(log))

    def history(self, log: DirectoryLog, drills: Path) -> History:
        """What the log tells, with what the parties state in it."""
        return log.history(drills, self.stated(log))

    def _register(self, contract: Sha256, at: datetime) -> Register | None:
        """The obligations of a contract, if it is the one that is accepted now, and at hand."""
        try:
            agreed = self._agreed()
        except InputError:
            return None
        return agreed.register(at) if codec.digest(agreed.contract) == contract else None

    def _named(self) -> tuple[TrustedKey, ...]:
        chosen = self._settings.log.parties if self._settings.log else None
        if chosen is None:
            return ()
        path = self._settings.path(chosen)
        try:
            return parse_trust(path.read_bytes(), what=str(path))
        except OSError as error:
            raise InputError(f"log.parties: {path} cannot be read: {error.strerror}") from error
