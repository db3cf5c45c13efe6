"""What a directory of `drverify trust` holds, in words."""

from collections.abc import Iterator

from drverify.cli.trust_files import TrustDirectory
from drverify.model.evidence import TrustedKey
from drverify.sealing.agreed import sha256_of
from drverify.sealing.codec import to_json
from drverify.sealing.keys import Trust, keyid_of
from drverify.sealing.roots import RootFile, name_of, read_root


def standing(directory: TrustDirectory) -> str:
    """Roots, keyring, and what the drafts would change and lack."""
    return "\n".join(_lines(directory)) + "\n"


def _lines(directory: TrustDirectory) -> Iterator[str]:
    chain = directory.chain()
    if chain:
        yield f"pinned      sha256:{sha256_of(chain[0])}  (print this into the contract)"
    for content in chain:
        yield from _root(read_root(content), "in force")
    targets = directory.targets()
    if targets is not None:
        yield f"targets {targets.version}   in force, until {to_json(targets.expires)}"
        yield from _keyring(directory.keyring(draft=False))
    draft = directory.draft_root()
    if draft is not None:
        yield from _root(draft, "draft")
    drafts = directory.drafts()
    if drafts:
        yield "draft of the keyring:"
        yield from _keyring(directory.keyring(draft=True))
    for one in drafts:
        yield f"{one.what} lacks {one.lacks() or 'nothing'}"
    if not chain and not drafts:
        yield f"{directory.path}: no root in it"


def _root(root: RootFile, state: str) -> Iterator[str]:
    names = ", ".join(sorted(name_of(one) for one in root.root.signatories))
    until = to_json(root.expires)
    yield f"root {root.version}      {state}, until {until}: {names}; {root.root.threshold} must sign"


def _keyring(keyring: Trust) -> Iterator[str]:
    for key in keyring.keys:
        yield f"  {key.role:<14} {keyid_of(key.public_der)[:16]}  {_printable(key.name)}{_time(key)}"
    for authority in keyring.authorities:
        yield f"  time-authority {sha256_of(authority.certificate_der)[:16]}  {authority.name}"


def _time(key: TrustedKey) -> str:
    told = [
        f"from {to_json(key.valid_from)}" if key.valid_from else "",
        f"until {to_json(key.valid_until)}" if key.valid_until else "",
        f"REVOKED as of {to_json(key.revoked.at)}: {_printable(key.revoked.why)}" if key.revoked else "",
    ]
    return "".join(f", {one}" for one in told if one)


def _printable(text: str) -> str:
    """The other party wrote it: no control character of it reaches the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
