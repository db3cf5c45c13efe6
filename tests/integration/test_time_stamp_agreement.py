"""Both verifiers say the same of every token: damaged ones, and those of odd authorities."""

import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from drverify.adapters.stamping.tokens import check_token
from drverify.errors import EvidenceError
from lab.authority.making import Authority, make_authority
from tests.support import second
from tests.support.authorities import openssl, resigned, token_of, trusted_root

MESSAGE = b"a checkpoint"
PURPOSE = "extendedKeyUsage=critical,timeStamping\n"
SIGNS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
LEAF = f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n{PURPOSE}"


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True, slots=True)
class Odd:
    """An authority whose certificates are not the usual ones."""

    what: str
    holds: bool
    leaf: str = LEAF
    above: str = ""
    """Extensions of a certificate between root and signer; none: the root issues it."""
    digest: str = "sha256"
    key: tuple[str, ...] = EC
    issued: tuple[str, ...] = ()
    """What else openssl is told that issues the signer's certificate."""
    signed: tuple[str, ...] = ()
    """What else openssl is told that signs."""


ODD = (
    Odd("as usual", True),
    Odd("signed over SHA-512", True, digest="sha512"),
    Odd("signed over SHA-1", False, digest="sha1"),
    Odd("one between", True, above=SIGNS),
    Odd("one between that issues nothing below issuers", True, above=SIGNS.replace("TRUE", "TRUE,pathlen:0")),
    Odd("one between that may not issue", False, above="basicConstraints=critical,CA:FALSE\n"),
    Odd("one between whose key may not sign certificates", False, above=SIGNS.replace("keyCertSign", "cRLSign")),
    Odd("one between that says what nobody knows", False, above=f"{SIGNS}1.2.3.4=critical,ASN1:UTF8String:x\n"),
    Odd("one between that limits names, and must be heard", False, above=f"{SIGNS}nameConstraints=critical,permitted;email:a.example\n"),
    Odd("one between that limits names", False, above=f"{SIGNS}nameConstraints=permitted;email:a.example\n"),
    Odd("one between that shuts names out", False, above=f"{SIGNS}nameConstraints=excluded;DNS:a.example\n"),
    Odd("it limits names itself", False, leaf=f"{LEAF}nameConstraints=permitted;email:a.example\n"),
    Odd("one between that constrains policies", False, above=f"{SIGNS}policyConstraints=critical,requireExplicitPolicy:3\n"),
    Odd("one between for no policy that is not named", False, above=f"{SIGNS}inhibitAnyPolicy=critical,0\n"),
    Odd("one between with policies", True, above=f"{SIGNS}certificatePolicies=critical,1.2.3.4\n"),
    Odd("a type that Netscape knew", False, leaf=f"{LEAF}nsCertType=critical,objsign\n"),
    Odd("one between for addresses", False, above=f"{SIGNS}sbgp-ipAddrBlock=critical,IPv4:10.0.0.0/8\n"),
    Odd("it names its issuer's key", True, above=f"{SIGNS}subjectKeyIdentifier=hash\n", leaf=f"{LEAF}authorityKeyIdentifier=keyid:always\n"),
    Odd("it names its issuer's certificate", True, above=SIGNS, leaf=f"{LEAF}authorityKeyIdentifier=issuer:always\n"),
    Odd("it names another issuer's key", False, leaf=f"{LEAF}authorityKeyIdentifier=DER:301680144444444444444444444444444444444444444444\n"),
    Odd("it names another serial number", False, leaf=f"{LEAF}authorityKeyIdentifier=DER:301FA119A41730153113301106035504030C0A666972737420726F6F7482027777\n"),
    Odd("an RSA key", True, key=("rsa:2048",)),
    Odd("another curve", True, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-384")),
    Odd("a key for RSA-PSS alone", False, key=("rsa-pss",)),
    Odd("a certificate over SHA-1", False, issued=("-sha1",)),
    Odd("a certificate over SHA-512", True, issued=("-sha512",)),
    Odd("known by its key's identifier", False, leaf=f"{LEAF}subjectKeyIdentifier=hash\n", signed=("-keyid",)),
    Odd("it says what nobody knows", False, leaf=f"{LEAF}1.2.3.4=critical,ASN1:UTF8String:x\n"),
    Odd("no usage of its key", True, leaf=PURPOSE),
    Odd("a key that is for other things", False, leaf=f"keyUsage=keyEncipherment\n{PURPOSE}"),
    Odd("a key that is for other things, too", False, leaf=f"keyUsage=digitalSignature,keyAgreement\n{PURPOSE}"),
    Odd("not for time alone", False, leaf=LEAF.replace("timeStamping", "timeStamping,clientAuth")),
    Odd("for time, if you like", False, leaf=LEAF.replace("critical,timeStamping", "timeStamping")),
)  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "first", "first", whole_chain=True)


def both(token: bytes, authority: Authority) -> tuple[datetime | None, datetime | None]:
    """The latest instant, by each verifier; None when it refuses."""
    root = trusted_root(authority).certificate_der
    try:
        first: datetime | None = check_token(token, MESSAGE, [root]).latest
    except EvidenceError:
        first = None
    return first, second.stamped(token, MESSAGE, root)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_both_say_the_same_of_damaged_tokens(authority: Authority, tmp_path: Path) -> None:
    """Each is in turn cut, doubled, or changed by a bit; a name that nobody needs is not read by both alike."""
    token, dice = token_of(authority, MESSAGE, tmp_path), random.Random(20261124)
    first, other = both(token, authority)
    assert first == other is not None
    names = [place for place in range(len(token)) if token[place:].startswith(b"\x0c\x0afirst root")]
    for at in range(0, len(token), 2):
        changed = bytearray(token)
        changed[at] ^= dice.choice((0x01, 0x55, 0x80))
        if at not in names:
            assert len(set(both(bytes(changed), authority))) == 1, at
    for _ in range(300):
        changed = bytearray(token)
        low, high, size = dice.randrange(len(token)), dice.randrange(len(token)), dice.randrange(1, 30)
        if set(names) & set(range(low, low + size)):
            continue
        changed[low : low + size] = dice.choice((b"", token[high : high + size]))
        assert len(set(both(bytes(changed), authority))) == 1, (low, high, size)


@pytest.mark.parametrize("odd", ODD, ids=lambda one: one.what)
def test_both_say_the_same_of_odd_authorities(odd: Odd, authority: Authority, tmp_path: Path) -> None:
    issuer = (authority.root, authority.directory / "root.key")
    if odd.above:
        issuer = issued("between", odd.above, issuer, tmp_path)
    signer = issued("signer", odd.leaf, issuer, tmp_path, *odd.issued, key=odd.key)
    how = ("-md", odd.digest, "-certfile", issuer[0], *odd.signed)
    token = resigned(token_of(authority, MESSAGE, tmp_path), signer, tmp_path, *how)
    first, other = both(token, authority)
    assert first == other
    assert (first is not None) is odd.holds


@pytest.mark.parametrize("holds", [True, False], ids=["a usual root", "a root that limits names"])
def test_both_say_the_same_of_a_root_that_limits_names(
    holds: bool, authority: Authority, tmp_path: Path
) -> None:
    """The trusted certificate itself says it, of names that nobody here has."""
    root = (tmp_path / "own.pem", tmp_path / "own.key")
    more = [] if holds else ["-addext", "nameConstraints=permitted;email:a.example"]
    made = openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own root",
        "-addext", "keyUsage=critical,keyCertSign", *more, "-days", "2", "-keyout", root[1], "-out", root[0],
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    signer = issued("signer", LEAF, root, tmp_path)
    token = resigned(token_of(authority, MESSAGE, tmp_path), signer, tmp_path, "-certfile", root[0])
    first, other = both(token, Authority(name="own", directory=made_root(root[0], tmp_path)))
    assert first == other
    assert (first is not None) is holds


def made_root(pem: Path, place: Path) -> Path:
    """A directory as an authority's, with that root."""
    (place / "own").mkdir()
    (place / "own" / "root.pem").write_bytes(pem.read_bytes())
    return place / "own"


def issued(
    name: str, extensions: str, by: tuple[Path, Path], place: Path, *more: str, key: tuple[str, ...] = EC
) -> tuple[Path, Path]:
    """A certificate and its key; by another certificate and its key."""
    private, csr, pem, what = (place / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
    what.write_text(extensions)
    asked = ("req", "-new", "-newkey", *key, "-nodes", "-subj", f"/CN={name}")
    given = (
        "x509",
        "-req",
        "-in",
        csr,
        "-CA",
        by[0],
        "-CAkey",
        by[1],
        "-set_serial",
        "77",
        "-days",
        "2",
        *more,
    )
    for words in ((*asked, "-keyout", private, "-out", csr), (*given, "-extfile", what, "-out", pem)):
        done = openssl(*words)
        assert done.returncode == 0, done.stderr
    return pem, private
