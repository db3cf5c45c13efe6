"""Check a bundle of recovery-drill evidence: a second verifier in one file, written to be read.

    python3 check_bundle.py BUNDLE --trust TRUST [--have CHECKPOINT]... [--at 2027-01-31T00:00:00Z]
                            [--stamped [--within 15m] [--by 2]] [--json]

It needs Python 3.11 and the package `cryptography`, no network, and nothing of drverify, with which it
shares not one line: two programs that agree are harder to fool than one. BUNDLE is a directory or its tar;
TRUST is a trust file, or the directory with the root that both parties signed (or `sha256:` and that root's
digest), got on another way than the bundle; CHECKPOINT is one of the log that you were handed earlier.
With --stamped a bundle is refused unless time authorities that you trust stamped every start and every
result, a minute (or what --within says) after the restore began and the drill ended at the latest; with
--by 2, unless two different ones did.

Exit codes: 0 it holds and no drill is missing; 11 it holds, and shows that drills were dropped, repeated or
never run; 12 it does not hold; 2 wrong arguments.

What it checks is in the order of `main`: the form of every file; whose keys count, and when; the tree of the
log, against its checkpoints and yours; time stamps (RFC 3161); every signature, by the key material of each
role; that each envelope is the one that was logged; the register that both parties signed; slots, starts,
results, voids and the closed counts; every file that is named by its digest; and of every verdict that its
limit is the contract's, and that figure and outcome are no better than the recorded facts. What it leaves to
`drverify audit`: whether a verdict that is *not* MET follows from the facts, and these from one another (the
order of phases, for one), limits in business hours, whether a restore point was chosen by the rules, and the
form of what no verdict rests on. Neither judges constraints of names in a certificate of a time authority,
or rare critical extensions: both refuse a stamp that has one.
"""

import argparse
import base64
import binascii
import calendar
import gzip
import hashlib
import heapq
import io
import json
import re
import sys
import zlib
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*(/[A-Za-z0-9_][A-Za-z0-9._@+-]*)*", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"
TYPE = "https://drverify.dev/attestation/{}/v1"
SIGNED_BY = {
    "register": ["provider", "customer"],
    "schedule": ["provider", "customer"],
    "drill-started": ["runner"],
    "restore-drill": ["runner"],
    "drill-voided": ["provider", "customer"],
    "period-close": ["provider"],
    "archive-refresh": ["provider"],
}
LISTED = ("trust/", "disclosures/", "exports/", "schema/", "verifier/", "annex.", "log/checkpoints/",
          "log/timestamps/")  # fmt: skip
"""What bundle.json lists, besides README.txt and log/checkpoint: all that the log's tree does not bind."""
MINUTE = timedelta(minutes=1)
PLANNING = 3 * MINUTE
"""How long before a drill is declared it may have been planned, and its start logged."""
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
"""What Python raises over a value of another form than it must have."""


class Refused(Exception):
    """The bundle does not hold."""


class Mistaken(Exception):
    """What the auditor brought is wrong; that says nothing of the bundle."""


def refuse_unless(condition, what):
    """The one way in which anything is refused."""
    if not condition:
        raise Refused(what)


def less(change):
    """Whether `384 MiB instead of 512 MiB` says that there is less; of a text that was hidden it may."""
    found = re.fullmatch(r"([0-9]+)(?: MiB)? instead of ([0-9]+)(?: MiB)?", change)
    return int(found[1]) < int(found[2]) if found else change.startswith("sd:")


# ---------------------------------------------------------------- strict JSON


def pairs_once(pairs):
    """Two readers must not see different values: a key stands in an object once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def no_number(text):
    raise ValueError(f"{text} is not an integer")


def integer(text):
    if len(text) > 17 or abs(int(text)) > 2**53 - 1 or text == "-0":
        raise ValueError("integer out of range")
    return int(text)


def strict(data, what):
    """Parse JSON without floats and duplicate keys."""
    refuse_unless(len(data) <= 16 * 2**20, f"{what}: too large")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=pairs_once,
            parse_float=no_number,
            parse_constant=no_number,
            parse_int=integer,
        )
        canonical(value)
        refuse_unless(depth(value) <= 32, f"{what}: nested too deeply")
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what}: not strict JSON ({error})") from error
    return value


def depth(value):
    level, count = [value], 0
    while level:
        count += 1
        below = []
        for one in level:
            below += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
        level = below
    return count


def canonical(value):
    """The one byte form of a value: sorted keys, no white space, UTF-8."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def one_form(data, what):
    """Parse JSON that must be in its one byte form."""
    value = strict(data, what)
    refuse_unless(canonical(value) == data, f"{what}: not in canonical form")
    return value


def unbase64(text, what):
    refuse_unless(isinstance(text, str), f"{what}: not text")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{what}: not base64") from error
    refuse_unless(base64.b64encode(data).decode() == text, f"{what}: not base64 in its one form")
    return data


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def instant(text, what="a time"):
    """RFC 3339 in UTC."""
    refuse_unless(isinstance(text, str) and INSTANT.fullmatch(text) is not None, f"{what}: not a time in UTC")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{what}: no such time") from error


# ---------------------------------------------------------------- files


class Files:
    """The files of a bundle by name; `used` are those that something asked for."""

    def __init__(self, path):
        self.path, self.places, self.used = path, {}, set()
        if path.is_dir():
            self.tar = None
            self._list()
        else:
            self.tar = path.open("rb")
            self._scan(path.stat().st_size)

    def _add(self, name, place):
        refuse_unless(
            len(name) <= 100 and NAME.fullmatch(name), f"no bundle has a file of the name {name[:80]!r}"
        )
        refuse_unless(name not in self.places, f"{name} is there twice")
        self.places[name] = place

    def _list(self):
        for one in sorted(self.path.rglob("*")):
            name = one.relative_to(self.path).as_posix()
            if one.is_symlink() or not (one.is_file() or one.is_dir()):
                raise Refused(f"{name}: neither a plain file nor a directory")
            if one.is_file():
                self._add(name, (0, one.stat().st_size))

    def _scan(self, length):
        """A plain ustar: every header follows from name and size alone."""
        at, last = 0, ""
        while (block := self._at(at, 512)).strip(b"\0"):
            name = block[:100].rstrip(b"\0").decode("ascii", "replace")
            digits = block[124:135]
            refuse_unless(re.fullmatch(rb"[0-7]{11}", digits), f"{name}: no size in the archive")
            size = int(digits, 8)
            refuse_unless(
                header(name, size) == block, f"{name}: its header in the archive is not a plain file's"
            )
            gap = -size % 512
            refuse_unless(at + 512 + size + gap <= length, f"{name}: the archive is cut off")
            refuse_unless(
                not self._at(at + 512 + size, gap).strip(b"\0"), f"{name}: something is hidden behind it"
            )
            refuse_unless(name > last, f"{name}: not in the order of names")
            self._add(name, (at + 512, size))
            at, last = at + 512 + size + gap, name
        rest = self._at(at, 12 * 1024)
        end = 1024 + -(at + 1024) % 10240
        refuse_unless(
            len(rest) == end and at + end == length and not rest.strip(b"\0"), "the archive has no end"
        )

    def _at(self, offset, size):
        self.tar.seek(offset)
        return self.tar.read(size)

    def read(self, name):
        refuse_unless(name in self.places, f"{name} is not there")
        self.used.add(name)
        offset, size = self.places[name]
        data = (self.path / name).read_bytes() if self.tar is None else self._at(offset, size)
        refuse_unless(len(data) == size, f"{name}: cut off")
        return data

    def lines(self, name):
        """Lines without their line feeds; the last one must have one, too."""
        refuse_unless(name in self.places, f"{name} is not there")
        self.used.add(name)
        offset, left = self.places[name]
        with (self.path / name if self.tar is None else self.path).open("rb") as file:
            file.seek(offset)
            while left:
                line = file.readline(min(left, 32 * 2**20))
                left -= len(line)
                refuse_unless(line.endswith(b"\n"), f"{name}: a line is cut off")
                yield line[:-1]

    def artefact(self, digest, what):
        """A file by its digest."""
        refuse_unless(isinstance(digest, str) and HEX.fullmatch(digest), f"{what}: not a digest")
        data = self.read(f"artifacts/sha256/{digest}")
        refuse_unless(sha256(data) == digest, f"{what}: the content does not have the digest {digest[:16]}")
        return data


def header(name, size):
    """The ustar header of a plain file that is nobody's and from no time."""
    block = name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size
    block += (
        b"00000000000\0" + b" " * 8 + b"0".ljust(101, b"\0") + b"ustar\x0000" + b"\0" * 64 + b"0000000\0" * 2
    )
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


# ---------------------------------------------------------------- keys and trust


class Key:
    """A public key in a role, with the time in which it may sign."""

    def __init__(self, role, name, pem, first=None, last=None, revoked=None):
        try:
            self.key = serialization.load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Refused(f"trust: {name!r} is not a public key") from error
        curve = isinstance(self.key, ec.EllipticCurvePublicKey) and isinstance(self.key.curve, ec.SECP256R1)
        refuse_unless(
            curve or isinstance(self.key, ed25519.Ed25519PublicKey), f"trust: {name!r} is of no known type"
        )
        self.role, self.name, self.first, self.last, self.revoked = role, name, first, last, revoked
        self.der = self.key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = sha256(self.der)

    def check(self, signature, message):
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
            else:
                self.key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Refused(f"a signature does not verify with the {self.role} key {self.id[:16]}") from error

    def misused(self, earliest, latest):
        """Whether it cannot have been this key's to sign between two instants that others vouch for."""
        if self.revoked and (latest is None or latest >= self.revoked):
            return True
        if self.first and latest and latest < self.first:
            return True
        return bool(self.last and earliest and earliest >= self.last)


class Trust:
    """Whom to believe: keys, and the root certificates of time authorities by name."""

    def __init__(self, entries):
        self.keys, self.authorities = [], {}
        refuse_unless(isinstance(entries, list) and entries, "trust: no keys")
        for one in entries:
            if one.get("role") == "time-authority":
                roots = self.authorities.setdefault(one["name"], [])
                roots.append(x509.load_pem_x509_certificate(one["certificate"].encode()))
                continue
            refuse_unless(
                one.get("role") in {"runner", "log", "provider", "customer", "witness"}, "trust: no such role"
            )
            first, last = (one.get(name) and instant(one[name]) for name in ("validFrom", "validUntil"))
            revoked = one.get("revoked") and instant(one["revoked"]["at"])
            self.keys.append(Key(one["role"], one["name"], one["public"], first, last, revoked))
        refuse_unless(
            len({one.id for one in self.keys}) == len(self.keys), "trust: one key stands in it twice"
        )

    def of(self, role):
        return {one.id: one for one in self.keys if one.role == role}


def trust_of(path, files, at):
    """A trust file; or a pinned root, and what follows from it here or in the bundle's trust/."""
    pin = re.fullmatch(r"sha256:([0-9a-f]{64})", path)
    place = Path(path)
    if pin is None and place.is_file():
        own = own_keys(place)
        if own is not None:
            return own
    here = {}
    if pin is None:
        folder = place.parent if place.is_file() else place
        here = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    there = {name[6:]: files.read(name) for name in list(files.places) if name.startswith("trust/")}
    if pin:
        digest = pin[1]
    else:
        roots = sorted(int(name[:-10]) for name in here if re.fullmatch(r"[1-9]\d*\.root\.json", name))
        if not roots:
            raise Mistaken(f"{path}: no root in it")
        digest = sha256(place.read_bytes() if place.is_file() else here[f"{roots[0]}.root.json"])
    found, wrong = [], None
    for metadata in (here, there):
        if "targets.json" in metadata:
            try:
                found.append(resolved(metadata, digest, at))
            except Refused as error:
                wrong = error
    if not found:
        raise wrong or Mistaken("no targets.json beside the pinned root, nor in the bundle")
    return Trust(max(found, key=lambda one: one[:2])[2])


def own_keys(place):
    """The keys of a trust file; None for a root."""
    try:
        value = strict(place.read_bytes(), "trust")
        if "signed" in value:
            return None
        refuse_unless(value.keys() == {"version", "keys"} and value["version"] == 1, "trust: not version 1")
        return Trust(value["keys"])
    except (Refused, *MALFORMED) as error:
        raise Mistaken(f"{place}: no trust file ({error})") from error


def resolved(metadata, digest, at):
    """Follow TUF's root metadata from the pinned one: (root version, targets version, keyring's keys)."""
    names = sorted(
        (int(name[:-10]), name) for name in metadata if re.fullmatch(r"[1-9]\d*\.root\.json", name)
    )
    chain = [metadata[name] for _, name in names]
    start = next((at for at, one in enumerate(chain) if sha256(one) == digest), None)
    refuse_unless(start is not None, "trust: the pinned root is not among the roots")
    newest = None
    for content in chain[start:]:
        root = tuf(content, "root")
        refuse_unless(newest is None or root["version"] == newest["version"] + 1, "trust: a root is left out")
        for body in ([newest] if newest else []) + [root]:
            signed_together(content, body, "root")
        newest = root
    targets = tuf(metadata["targets.json"], "targets")
    signed_together(metadata["targets.json"], newest, "targets")
    for one in (newest, targets):
        refuse_unless(instant(one["expires"]) > at, "trust: the metadata has expired")
    keyring = metadata["keyring.json"]
    told = targets["targets"]["keyring.json"]
    refuse_unless(
        told["length"] == len(keyring) and told["hashes"] == {"sha256": sha256(keyring)},
        "trust: another keyring",
    )
    value = one_form(keyring, "keyring")
    party = {root_key(one).id: one["x-drverify-party"] for one in newest["keys"].values()}
    for one in value["keys"]:
        if "public" in one:
            own = party.get(Key(one["role"], one["name"], one["public"]).id, one["role"])
            refuse_unless(own == one["role"], "trust: a root key stands in the keyring in another role")
    return newest["version"], targets["version"], value["keys"]


def tuf(content, kind):
    value = strict(content, kind)
    refuse_unless(
        value.keys() == {"signed", "signatures"} and value["signed"]["_type"] == kind, f"trust: no {kind}"
    )
    return value["signed"]


def root_key(entry):
    """A key of root metadata: Ed25519 in hexadecimal, or P-256 as PEM."""
    text = entry["keyval"]["public"]
    if entry["keytype"] == "ed25519":
        raw = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
        text = raw.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
    return Key("root", "root", text)


def signed_together(content, root, role):
    """Enough different keys of the role signed, one of each party among them, and no signature is false."""
    value = strict(content, "trust")
    message = olpc(value["signed"]).encode()
    signers = {}
    for one in value["signatures"]:
        entry = root["keys"].get(one["keyid"])
        if entry is not None and one["keyid"] in root["roles"][role]["keyids"]:
            key = root_key(entry)
            key.check(bytes.fromhex(one["sig"]), message)
            signers[key.id] = entry["x-drverify-party"]
    wanted = max(2, root["roles"][role]["threshold"])
    refuse_unless(
        len(signers) >= wanted and set(signers.values()) == {"provider", "customer"},
        f"trust: {role} metadata is not signed by both parties",
    )


def olpc(value):
    """Canonical JSON as TUF signs it: only quotes and backslashes are escaped."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{olpc(key)}:{olpc(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(olpc, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


# ---------------------------------------------------------------- the log


class Tree:
    """A Merkle tree as in RFC 6962, over all leaves; `roots` of the sizes that somebody asks for."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, entry):
        found, bits = hashlib.sha256(b"\0" + entry).digest(), self.size
        while bits & 1:
            found, bits = hashlib.sha256(b"\1" + self.peaks.pop() + found).digest(), bits >> 1
        self.peaks.append(found)
        self.size += 1

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = hashlib.sha256(b"\1" + peak + found).digest()
        return found


class Checkpoint:
    """A signed note over a tree: origin, size, root, and the lines that sign it."""

    def __init__(self, data, what):
        refuse_unless(len(data) <= 65536, f"{what}: too large")
        try:
            text, gap, below = data.decode().rpartition("\n\n")
        except UnicodeDecodeError as error:
            raise Refused(f"{what}: not UTF-8") from error
        self.what, self.text = what, text + "\n"
        lines = self.text.split("\n")
        refuse_unless(gap and below.endswith("\n") and len(lines) == 4, f"{what}: not a checkpoint")
        refuse_unless(re.fullmatch(r"0|[1-9]\d{0,15}", lines[1], re.ASCII), f"{what}: no size")
        self.origin, self.size, self.root = lines[0], int(lines[1]), unbase64(lines[2], what)
        refuse_unless(self.origin and len(self.root) == 32, f"{what}: not a checkpoint")
        self.lines = []
        for line in below[:-1].split("\n"):
            found = re.fullmatch(r"\u2014 ([^\s+\x00-\x1f\x7f]{1,200}) (\S+)", line)
            refuse_unless(found, f"{what}: a line below the text is no signature")
            content = unbase64(found[2], what)
            refuse_unless(len(content) > 4, f"{what}: a signature is too short")
            self.lines.append((found[1], content))

    def signed_by_log(self, keys):
        """Check the log's own signature; every one of it that is there must hold."""
        done = False
        for key in keys:
            raw = raw_of(key)
            for name, content in self.lines:
                if raw and name == key.name == self.origin and content[:4] == note_id(name, 1, raw):
                    refuse_unless(len(content) == 68, f"{self.what}: a signature has a wrong length")
                    key.check(content[4:], self.text.encode())
                    done = True
        return done

    def cosigners(self, keys):
        """Who else signed that they saw it, and when; a false one is refused."""
        found = {}
        for key in keys:
            raw = raw_of(key)
            for name, content in self.lines:
                if raw and name == key.name and content[:4] == note_id(name, 4, raw):
                    refuse_unless(len(content) == 76, f"{self.what}: a cosignature has a wrong length")
                    seconds = int.from_bytes(content[4:12], "big")
                    key.check(content[12:], f"cosignature/v1\ntime {seconds}\n{self.text}".encode())
                    found[key.id] = seconds
        return found

    def as_stamped(self, keys):
        """The note with the log's own line alone: what time authorities stamp."""
        for key in keys:
            for name, content in self.lines:
                if raw_of(key) and name == key.name and content[:4] == note_id(name, 1, raw_of(key)):
                    return f"{self.text}\n\u2014 {name} {base64.b64encode(content).decode()}\n".encode()
        raise Refused(f"{self.what}: the log did not sign it")


def raw_of(key):
    if not isinstance(key.key, ed25519.Ed25519PublicKey):
        return None
    return key.key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def note_id(name, kind, raw):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:4]


def entries_of(files, size):
    """The entries of a tlog-tiles log, each behind its length in two bytes."""
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        digits = f"{index:03d}"
        while len(digits) % 3:
            digits = "0" + digits
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        place = "/".join([f"x{one}" for one in parts[:-1]] + parts[-1:])
        data = files.read(f"log/tile/entries/{place}" + (f".p/{width}" if width < 256 else ""))
        at = 0
        for _ in range(width):
            length = int.from_bytes(data[at : at + 2], "big")
            entry = data[at + 2 : at + 2 + length]
            refuse_unless(len(data) >= at + 2 and len(entry) == length, "log: an entry is cut off")
            at += 2 + length
            yield entry
        refuse_unless(at == len(data), "log: something follows the entries of a tile")


LEAF = re.compile(
    r"drverify-leaf/v1\nkind ([a-z-]+)\npayload sha256:([0-9a-f]{64})\n"
    r"signature sha256:([0-9a-f]{64})\nkeyid ([0-9a-f]{64})\n",
    re.ASCII,
)


class Leaf:
    def __init__(self, entry, index):
        found = LEAF.fullmatch(entry.decode("ascii", "replace"))
        refuse_unless(found and found[1] in SIGNED_BY, f"log: entry {index} is none of drverify's")
        self.index = index
        self.kind, self.payload, self.signature, self.keyid = found.groups()


def check_tiles(files, leaves):
    """The tiles of hashes, from which others make proofs, must follow from the entries."""
    row, level = leaves, 0
    while row:
        for index in range((len(row) + 255) // 256):
            part = row[index * 256 : (index + 1) * 256]
            digits = f"{index:03d}".zfill((len(str(index)) + 2) // 3 * 3)
            parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
            place = "/".join([f"x{one}" for one in parts[:-1]] + parts[-1:])
            name = f"log/tile/{level}/{place}" + (f".p/{len(part)}" if len(part) < 256 else "")
            refuse_unless(files.read(name) == b"".join(part), f"{name}: not the hashes of what is below it")
        above = []
        for index in range(len(row) // 256):
            part = row[index * 256 : (index + 1) * 256]
            while len(part) > 1:
                part = [
                    hashlib.sha256(b"\1" + part[at] + part[at + 1]).digest() for at in range(0, len(part), 2)
                ]
            above += part
        row, level = above, level + 1


# ---------------------------------------------------------------- time stamps (RFC 3161, RFC 5652, X.690)


def der(data):
    """The items of some DER: (tag, content, all of it)."""
    at, found = 0, []
    while at < len(data):
        try:
            tag, length, body = data[at], data[at + 1], at + 2
            if length & 0x80:
                width = length & 0x7F
                refuse_unless(1 <= width <= 4, "time stamp: a length of no definite form")
                length, body = int.from_bytes(data[body : body + width], "big"), body + width
                least = 0x80 if width == 1 else 1 << 8 * (width - 1)
                refuse_unless(length >= least, "time stamp: a length that is longer than it has to be")
        except IndexError as error:
            raise Refused("time stamp: cut off") from error
        refuse_unless(body + length <= len(data), "time stamp: cut off")
        found.append((tag, data[body : body + length], data[at : body + length]))
        at = body + length
    return found


def taken(data, *tags):
    """The items of some DER that has these and no others; None for a negative tag that is absent."""
    items, found = der(data), []
    for tag in tags:
        there = bool(items) and items[0][0] == abs(tag)
        refuse_unless(there or tag < 0, "time stamp: not of its form")
        found.append(items.pop(0) if there else None)
    refuse_unless(not items, "time stamp: not of its form")
    return found


HASHES = {
    "60864801650304020" + last: (name, method)
    for last, name, method in (
        ("1", "sha256", hashes.SHA256),
        ("2", "sha384", hashes.SHA384),
        ("3", "sha512", hashes.SHA512),
    )
}
"""By the object identifier's bytes, hexadecimal."""
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
CONTENT_TYPE, MESSAGE_DIGEST = (bytes.fromhex(f"06092a864886f70d01090{n}") for n in "34")


def stamped_at(token, message, roots):
    """When the token was made: the earliest and the latest instant. Refused unless it holds."""
    refuse_unless(len(token) <= 64 * 1024, "time stamp: larger than any")
    try:
        return _stamped_at(token, message, roots)
    except UNREADABLE as error:
        raise Refused(f"time stamp: it does not hold ({type(error).__name__} {error})") from error


UNREADABLE = (
    IndexError,
    KeyError,
    StopIteration,
    TypeError,
    ValueError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What Python and the library raise over hostile tokens, and over the certificates in them."""


def _stamped_at(token, message, roots):
    digests, inner, certificates, parts = _parts(token)
    name, method = _hash(parts[2])
    refuse_unless(name in digests, "time stamp: signed over a hash that it does not name")
    attributes = {der(one[1])[0][2]: der(der(one[1])[1][1])[0] for one in der(parts[3][1])}
    refuse_unless(attributes[CONTENT_TYPE][2] == TST_INFO, "time stamp: it signs something else")
    refuse_unless(attributes[MESSAGE_DIGEST][1] == hashlib.new(name, inner).digest(), "time stamp: changed")
    certificate = _signer(parts[1], certificates)
    body = b"\x31" + parts[3][2][1:]
    signature = parts[5][1]
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, body, padding.PKCS1v15(), method())
    else:
        public.verify(signature, body, ec.ECDSA(method()))
    fields = der(der(inner)[0][1])
    imprint = der(fields[2][1])
    how, _ = _hash(imprint[0])
    refuse_unless(
        imprint[1][1] == hashlib.new(how, message).digest(), "time stamp: it is over something else"
    )
    at = _generalized(next(one[1] for one in fields if one[0] == 0x18).decode("ascii"))
    refuse_unless(_only_for_time(certificate), "time stamp: its certificate is not for time stamps alone")
    for one in [extension for each in [*roots, *certificates] for extension in each.extensions]:
        limits = one.oid == x509.oid.ExtensionOID.NAME_CONSTRAINTS
        refuse_unless(not limits, "time stamp: a certificate of it limits names, which is not judged here")
        known = not one.critical or one.oid in UNDERSTOOD
        refuse_unless(known, "time stamp: a certificate has a critical extension that is not judged here")
    for one in [*roots, *certificates]:
        key = one.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        usual = key in one.public_bytes(serialization.Encoding.DER)
        refuse_unless(usual, "time stamp: a certificate has a key in a form that is not judged here")
        over = one.signature_hash_algorithm
        counts = one.issuer == one.subject or over is None or over.name in {"sha256", "sha384", "sha512"}
        refuse_unless(counts, "time stamp: a certificate is signed over a hash that does not count here")
    _chain(certificate, [*roots, *certificates], roots, at)
    accuracy = next((one[1] for one in fields[5:] if one[0] == 0x30), b"")
    unit = {0x02: 1_000_000, 0x80: 1000, 0x81: 1}
    within = sum(int.from_bytes(one[1], "big") * unit[one[0]] for one in der(accuracy))
    return at - timedelta(microseconds=within), at + timedelta(microseconds=within)


def _parts(token):
    """The parts of a token: digests that it names, what is signed, certificates, the signature's parts."""
    ((_, response, _),) = taken(token, 0x30)
    status, info = taken(response, 0x30, 0x30)
    granted, _, _ = taken(status[1], 0x02, -0x30, -0x03)
    refuse_unless(granted[1] == b"\0", "time stamp: the authority refused")
    kind, content = taken(info[1], 0x06, 0xA0)
    refuse_unless(kind[2] == SIGNED_DATA, "time stamp: it is not signed")
    version, digests, said, certificates, _, signers = taken(
        taken(content[1], 0x30)[0][1], 0x02, 0x31, 0x30, 0xA0, -0xA1, 0x31
    )
    kind, inner = taken(said[1], 0x06, 0xA0)
    refuse_unless(kind[2] == TST_INFO, "time stamp: it signs something else")
    (signer,) = taken(signers[1], 0x30)
    parts = taken(signer[1], 0x02, 0x30, 0x30, 0xA0, 0x30, 0x04, -0xA1)
    method, *_ = taken(parts[4][1], 0x06, *(one[0] for one in der(parts[4][1])[1:2]))
    whole = re.fullmatch(rb"([\x81-\xff][\x80-\xff]*[\0-\x7f]|[\0-\x7f])+", method[1], re.DOTALL)
    small = len(version[1]) == len(parts[0][1]) == 1 and max(version[1] + parts[0][1]) < 0x80
    refuse_unless(whole and small, "time stamp: not of its form")
    named = [_hash(one)[0] for one in der(digests[1])]
    known = [_certificate(one) for one in der(certificates[1])]
    return named, taken(inner[1], 0x04)[0][1], known, parts


def _certificate(item):
    """A certificate in a token; also of one that is not needed the names can be read."""
    refuse_unless(item[0] == 0x30, "time stamp: not of its form")
    found = x509.load_der_x509_certificate(item[2])
    refuse_unless(found.issuer.rdns and found.subject.rdns, "time stamp: a certificate of nobody")
    return found


def _hash(identifier):
    """A hash's name and the library's, by its AlgorithmIdentifier: parameters are NULL or absent."""
    kind, none = taken(identifier[1], 0x06, -0x05)
    refuse_unless(identifier[0] == 0x30 and (none is None or none[1] == b""), "time stamp: not of its form")
    refuse_unless(kind[1].hex() in HASHES, "time stamp: a hash that does not count here")
    return HASHES[kind[1].hex()]


def _signer(sid, certificates):
    """The certificate that the signature names by issuer and serial number."""
    issuer, serial = taken(sid[1], 0x30, 0x02)
    for one in certificates:
        same = issuer[2] == one.issuer.public_bytes()
        if same and int.from_bytes(serial[1], "big") == one.serial_number:
            return one
    raise Refused("time stamp: the certificate that signed it is not in it")


def _only_for_time(certificate):
    """Whether it may stamp times and nothing else, and sign (RFC 3161, 2.3)."""
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    usages = [one for one in certificate.extensions if one.oid == x509.oid.ExtensionOID.KEY_USAGE]
    signs = [one.value.digital_signature or one.value.content_commitment for one in usages]
    more = [
        one.value.key_encipherment
        or one.value.data_encipherment
        or one.value.key_agreement
        or one.value.key_cert_sign
        or one.value.crl_sign
        for one in usages
    ]
    alone = list(purposes.value) == [x509.oid.ExtendedKeyUsageOID.TIME_STAMPING] and purposes.critical
    return alone and all(signs) and not any(more)


def _chain(certificate, pool, roots, at):
    """From the signing certificate to one of the roots, all of them valid at the time that is stamped.

    Every certificate is tried once, nearest first: what else lies in the token may be anything.
    """
    tried, asked, over = [], [(certificate, 0)], False
    while asked:
        below, steps = asked.pop(0)
        if below in tried:
            continue
        tried.append(below)
        if not below.not_valid_before_utc <= at <= below.not_valid_after_utc:
            over = True
        elif below in roots:
            return
        else:
            asked += [(one, steps + 1) for one in pool if one not in tried and _issued(below, one, steps)]
    refuse_unless(not over, "time stamp: a certificate was not valid then")
    raise Refused("time stamp: its certificate does not lead to a trusted root")


UNDERSTOOD = {
    x509.oid.ExtensionOID.BASIC_CONSTRAINTS,
    x509.oid.ExtensionOID.CERTIFICATE_POLICIES,
    x509.oid.ExtensionOID.CRL_DISTRIBUTION_POINTS,
    x509.oid.ExtensionOID.EXTENDED_KEY_USAGE,
    x509.oid.ExtensionOID.KEY_USAGE,
    x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}
"""A certificate with another critical extension (RFC 5280, 4.2) is refused, needed or not."""


def _issued(certificate, above, steps):
    """Whether the certificate, `steps` above the first one, was issued by another that may issue it."""
    try:
        if above.subject != certificate.issuer:
            return False
        certificate.verify_directly_issued_by(above)
        der_of = certificate.public_bytes(serialization.Encoding.DER)
        _, _, signature = taken(taken(der_of, 0x30)[0][1], 0x30, 0x30, 0x03)
        may = above.extensions.get_extension_for_class(x509.BasicConstraints).value
        near = may.path_length is None or may.path_length >= steps
        usages = [one.value for one in above.extensions if one.oid == x509.oid.ExtensionOID.KEY_USAGE]
        signs = all(one.key_cert_sign for one in usages)
        named = _names_its_issuer(certificate, above)
        return signature[1][0] == 0 and named and may.ca and near and signs
    except UNREADABLE:
        return False


def _names_its_issuer(certificate, above):
    """Whether the issuer's key or serial number, if the certificate names one, is that certificate's."""
    keys = [
        one.value.digest
        for one in above.extensions
        if one.oid == x509.oid.ExtensionOID.SUBJECT_KEY_IDENTIFIER
    ]
    for one in certificate.extensions:
        if one.oid == x509.oid.ExtensionOID.AUTHORITY_KEY_IDENTIFIER:
            key, serial = one.value.key_identifier, one.value.authority_cert_serial_number
            names = [
                n.value for n in one.value.authority_cert_issuer or () if isinstance(n, x509.DirectoryName)
            ]
            if key is not None and keys and keys[0] != key:
                return False
            if (serial is not None and serial != above.serial_number) or names[:1] not in (
                [],
                [above.issuer],
            ):
                return False
    return True


def _generalized(text):
    """GeneralizedTime in UTC, with or without a fraction."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    refuse_unless(text.endswith("Z"), "time stamp: not in UTC")
    at = datetime.strptime(head, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return at + timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))


class Times:
    """When entries were in the log: no later than stamped (`latest`), or than cosigners say (`vouched`).

    And no earlier than what stands in an entry before them, and nobody knew before then (`earliest`).
    """

    def __init__(self, stamped, cosigned):
        """Stamps are (size, instant, authority), cosignatures (size, instant)."""
        stamps = [(size, at) for size, at, _ in stamped]
        self.latest, self.vouched = bound(stamps), bound([*stamps, *cosigned])
        self.each = [
            bound([(size, at) for size, at, name in stamped if name == one])
            for one in sorted({name for *_, name in stamped})
        ]
        self.learned = []

    def latest_of(self, index, count):
        """By when the entry was there by the clocks of so many authorities; None if by fewer."""
        found = sorted(at for one in self.each if (at := one(index)) is not None)
        return found[count - 1] if count <= len(found) else None

    def learn(self, index, at):
        """Neither the entry nor any after it was in the log before; both rise along `learned`."""
        known = self.earliest(index)
        if known is None or known < at:
            place = bisect_right(self.learned, index - 1, key=lambda one: one[0])
            above = place
            while above < len(self.learned) and self.learned[above][1] <= at:
                above += 1
            self.learned[place:above] = [(index, at)]

    def earliest(self, index):
        place = bisect_right(self.learned, index, key=lambda one: one[0])
        return self.learned[place - 1][1] if place else None


def bound(marks):
    """A function from an entry to the first instant of a checkpoint above it; None where there is none."""
    marks = sorted(marks)
    firsts = list(accumulate((at for _, at in reversed(marks)), min))[::-1]

    def of(index):
        place = bisect_right(marks, index, key=lambda one: one[0])
        return firsts[place] if place < len(firsts) else None

    return of


# ---------------------------------------------------------------- envelopes


class Envelope:
    """A DSSE envelope with an in-toto statement."""

    def __init__(self, line):
        value = one_form(line, "envelope")
        refuse_unless(
            isinstance(value, dict) and value.keys() == {"payload", "payloadType", "signatures"},
            "envelope: form",
        )
        refuse_unless(value["payloadType"] == PAYLOAD, "envelope: another payload")
        self.payload = unbase64(value["payload"], "envelope: payload")
        self.signatures = []
        for one in value["signatures"]:
            refuse_unless(isinstance(one, dict) and one.keys() == {"keyid", "sig"}, "envelope: signature")
            self.signatures.append((one["keyid"], unbase64(one["sig"], "envelope: signature")))
        refuse_unless(self.signatures, "envelope: nobody signed")
        self.digest = sha256(self.payload)
        self.statement = one_form(self.payload, "statement")

    def signers(self, kind, trust):
        """Exactly one signature by a key of every role that has to sign, and no other."""
        message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(self.payload), self.payload)
        found = {}
        for keyid, signature in self.signatures:
            key = next((one for role in SIGNED_BY[kind] if (one := trust.of(role).get(keyid))), None)
            refuse_unless(key is not None, f"{kind}: key {keyid[:16]} is not trusted to sign it")
            refuse_unless(
                key.role not in found or kind in {"drill-started", "restore-drill"},
                f"{kind}: a role signed twice",
            )
            refuse_unless(key.id not in [one.id for one in found.values()], f"{kind}: a key signed twice")
            key.check(signature, message)
            found[key.role if key.role not in found else keyid] = key
        refuse_unless(
            set(SIGNED_BY[kind]) <= found.keys(), f"{kind}: not signed by {' and '.join(SIGNED_BY[kind])}"
        )
        return list(found.values())

    def of(self, kind):
        """The predicate of a statement of that kind."""
        said = self.statement
        refuse_unless(
            isinstance(said, dict)
            and said.keys() == {"_type", "subject", "predicateType", "predicate"}
            and said["_type"] == STATEMENT
            and said["predicateType"] == TYPE.format(kind)
            and isinstance(said["predicate"], dict),
            f"{kind}: the statement is of another kind",
        )
        return said["predicate"]


# ---------------------------------------------------------------- one drill's evidence

ELAPSED = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
LIMITS = {
    "rpo": "limitMs",
    "rto": "limitMs",
    "backup-frequency": "everyMs",
    "restore-test-frequency": "everyMs",
    "retention": "atLeastMs",
}


def start_of(plan):
    """The digest of the statement that a drill of this plan begins."""
    subject = {
        "name": "plan.json",
        "digest": {"sha256": sha256(canonical(plan))},
        "mediaType": "application/vnd.drverify.plan+json",
    }
    drill = {
        "id": plan["drillId"],
        "workload": plan["workload"]["name"],
        "mode": plan["mode"],
        "incidentAt": plan["incidentAt"],
        "slot": plan["slot"],
        "challenge": plan["challenge"],
    }
    said = {"version": 2, "drill": drill, "register": {"sha256": plan["registerSha256"]}}
    kind = TYPE.format("drill-started")
    return sha256(
        canonical({"_type": STATEMENT, "subject": [subject], "predicateType": kind, "predicate": said})
    )


def names(text):
    return set(text.split())


PREDICATE = names(
    "version drill agreement contract register configuration obligations result passedTests warnedTests "
    "failedTests artifacts environment tool plan record"
)
PLAN = names(
    "drillId workload playbook registerSha256 obligations requestedPoint mode incidentAt lookBackMs "
    "previousSuccessAt slot hardware group challenge challengeBasis"
)
RECORD = names(
    "drillId startedAt endedAt selection phases restore probes controls isolation dependencies "
    "guestClockSkewMs faults defects artefacts tools cleanedUp gaveUp gaveUpBy gaveUpAtMs start challenge "
    "machine reworks inspection comparison steps"
)
"""What stands in a result, and nothing more."""
PLACEHOLDER = re.compile(r"sd:([A-Za-z0-9_-]{43})", re.ASCII)
HIDES = re.compile(
    r"/plan/workload/(source|host|points/host)|/plan/playbook/dns/\*/(name|address)"
    r"|/plan/playbook/probes/.*/(address|url|serverName)|/plan/playbook/steps/\*/((access/)?address|mac)"
    r"|(/plan/workload/payload|/record/machine/shape)/(.*/)?networks/\*/(name|subnet|gateway|dns|address|mac)"
    r"|/record/inspection/(volumes/\*/name|fileSystems/\*/(device|label))"
    r"|/record/inspection/system/(hostname|network/\*|mounts/\*/device)"
    r"|/plan/workload/payload/sample/named/\*|/record/comparison/differences/\*/path"
    r"|/record/(machine|dependencies/\*)/name|/record/selection/(point|listed/\*)/(source|host)"
)
"""Where a name, host or address may be hidden behind the digest of its disclosure (RFC 9901)."""
QUOTES = re.compile(
    r"/plan/playbook/steps/\*/(question|command/\*)|/record/steps/\*/said"
    r"|/plan/(workload|playbook)/description|/plan/workload/variables/\*/\*|/record/(selection/why|gaveUp)"
    r"|/record/(probes|controls)/\*/(expected|observed)|/record/isolation/checks/\*/detail"
    r"|/record/comparison/(basis|differences/\*/(expected|found))"
    r"|/plan/hardware/description|/record/reworks/\*/change"
    r"|/record/inspection/(notRead|(volumes|fileSystems)/\*/detail|findings/\*/(where|what))"
    r"|/record/machine/deviations/\*/(change|why)|/record/(faults|defects)/\*/what"
)
"""Where a text may quote one."""


def strings(value, path):
    """Every text below a value, and where it stands; `*` for any place of a list."""
    if isinstance(value, str):
        yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from strings(one, f"{path}/{name}")
    if isinstance(value, list):
        for one in value:
            yield from strings(one, f"{path}/*")


class Drill:
    """One result, and what was looked up for it. `check` refuses what does not follow from the facts."""

    OUTSIDE = ("select", "teardown")

    def __init__(self, files, known, envelope, start, trust):
        self.files, self.known, self.trust = files, known, trust
        self.said = envelope.of("restore-drill")
        self.subject = envelope.statement["subject"]
        self.plan, self.record = self.said["plan"], self.said["record"]
        self.start, self.fresh = start, []
        self.hides = b'"sd:' in envelope.payload or "_sd" in self.said or "_sd_alg" in self.said
        self.incident = instant(self.plan["incidentAt"])
        self.began, self.ended = instant(self.record["startedAt"]), instant(self.record["endedAt"])

    def restored(self):
        """When the first thing was done that the start must come before; or the end."""
        found = [one["startedMs"] for one in self.record["phases"] if one["name"] not in self.OUTSIDE]
        return min([*(self.began + timedelta(milliseconds=one) for one in found), self.ended])

    def check(self, contract):
        """Refuse evidence that does not hold; `contract` is the digest of the agreed one."""
        said, plan, record = self.said, self.plan, self.record
        refuse_unless(said["version"] == 5, "result: of another version")
        known = PREDICATE <= said.keys() <= PREDICATE | {"_sd", "_sd_alg"}
        refuse_unless(
            known and plan.keys() == PLAN and record.keys() == RECORD and type(record["cleanedUp"]) is bool,
            "result: it has fields that no result has, or lacks one",
        )
        if self.start is not None:
            refuse_unless(start_of(plan) == self.start["payload"], "result: another plan than was begun")
        refuse_unless(plan["drillId"] == record["drillId"] == said["drill"]["id"], "result: of two drills")
        stated = {
            "id": plan["drillId"],
            "workload": plan["workload"]["name"],
            "mode": plan["mode"],
            "incidentAt": plan["incidentAt"],
            "startedAt": record["startedAt"],
            "endedAt": record["endedAt"],
        }
        refuse_unless(said["drill"] == stated, "result: it states another drill than it records")
        refuse_unless(self.incident <= self.began <= self.ended, "result: its times are in no order")
        self._hidden()
        self._register(contract)
        self._point()
        for one in record["artefacts"]:
            data = self.files.artefact(one["sha256"], one["name"])
            refuse_unless(len(data) == one["sizeBytes"], f"{one['name']}: not as long as recorded")
        self._challenge()
        self._first_boot()
        self._heartbeats()
        self._compared()
        self._steps()
        self._verdicts()
        self._summary()

    def _hidden(self):
        """Names, hosts and addresses may be hidden, each listed; no result, time, limit or figure."""
        if not self.hides:
            return
        found = set()
        for path, text in (*strings(self.plan, "/plan"), *strings(self.record, "/record")):
            one = PLACEHOLDER.fullmatch(text)
            if one and HIDES.fullmatch(path):
                found.add(one[1])
            refuse_unless(
                not one or HIDES.fullmatch(path) or QUOTES.fullmatch(path), f"{path}: not to be hidden"
            )
        stated = {name: self.said[name] for name in ("_sd", "_sd_alg") if name in self.said}
        listed = {"_sd": sorted(found), "_sd_alg": "sha-256"} if found else {}
        refuse_unless(stated == listed, "result: what it hides is not what it lists as hidden")

    def _register(self, contract):
        digest = self.plan["registerSha256"]
        refuse_unless(self.said["register"]["digest"] == {"sha256": digest}, "result: two registers")
        self.register = self.known.json(self.files, digest, "the register")
        papers = self.register["agreement"]
        refuse_unless(
            self.said["contract"]["digest"] == {"sha256": self.register["contract"]}, "result: two contracts"
        )
        refuse_unless(
            contract in (None, self.register["contract"]),
            "result: judged by another contract than was agreed",
        )
        self.contract = self.known.json(self.files, self.register["contract"], "the contract")
        accepted(self.contract)
        texts = {}
        for one in papers["documents"]:
            self.known.bytes(self.files, one["sha256"], one["name"])
            texts[one["id"]] = self.known.bytes(self.files, one["textSha256"], one["name"]).decode()
        for one in papers["clauses"]:
            quote = texts[one["document"]][one["span"]["start"] : one["span"]["end"]]
            refuse_unless(quote == one["quote"], f"clause {one['number']} does not stand in the agreement")
        owed = [one for one in self.register["obligations"] if self.plan["workload"]["name"] in one["scope"]]
        refuse_unless([one["id"] for one in owed] == self.plan["obligations"], "result: not what is owed")
        self.owed = owed
        provisions = {one["id"]: one for one in self.contract["provisions"]}
        for one in owed:
            promised(one, provisions.get(one["id"]), self.incident)

    def _point(self):
        point = self.record["selection"]["point"]
        content = {
            "workload": self.plan["workload"]["name"],
            "payload": self.plan["workload"]["payload"],
            "point": point,
        }
        if point is None:
            content["why"] = self.record["selection"]["why"]
        listed = self.record["selection"]["listed"]
        refuse_unless(point is None or point in listed, "result: the restored point was not listed")
        digest = sha256(canonical(content))
        refuse_unless(
            self.subject[0]["digest"] == {"sha256": digest}, "result: its subject is not the restored point"
        )
        self.files.artefact(digest, "the restore point's manifest")

    def _challenge(self):
        """It follows from its basis: a checkpoint of this log, tokens over the rest, and chance."""
        basis, answer = self.plan["challengeBasis"], self.record["challenge"]
        refuse_unless(
            bool(self.plan["challenge"]) == (basis is not None) == (answer is not None), "half a challenge"
        )
        if basis is None:
            return
        refuse_unless(
            sha256(canonical(basis)) == self.plan["challenge"], "the challenge does not follow from its basis"
        )
        refuse_unless(basis["drill"] == self.plan["drillId"], "the challenge is another drill's")
        returned = answer["status"] == "returned"
        refuse_unless(
            returned == (answer["observed"] == self.plan["challenge"]), "the challenge came back, and did not"
        )
        if basis["checkpoint"] is not None:
            one = Checkpoint(
                self.files.artefact(basis["checkpoint"], "challenge"), "the challenge's checkpoint"
            )
            start = self.record["start"]
            good = start and one.origin == basis["origin"] == start["origin"] and one.size <= start["index"]
            refuse_unless(good, "the challenge's checkpoint is not from before the start")
            logs = [key for key in self.trust.of("log").values() if key.name == one.origin]
            refuse_unless(
                not logs or one.signed_by_log(logs), "the challenge's checkpoint is not signed by the log"
            )
        seed = canonical({**basis, "tokens": []})
        for one in basis["tokens"]:
            token, roots = (
                self.files.artefact(one["sha256"], "challenge"),
                self.trust.authorities.get(one["authority"]),
            )
            if roots is not None:
                self.fresh.append(stamped_at(token, seed, roots)[0])
                refuse_unless(
                    self.fresh[-1] <= self.began + MINUTE, "the challenge is younger than the drill"
                )

    def _heartbeats(self):
        """What a passed probe read must be signed by a key that the probe names, at the time it says."""
        for spec in self.plan["playbook"]["probes"]:
            found = [one for one in self.record["probes"] if one["probe"] == spec["id"]]
            if spec["kind"] != "freshness" or spec["newest"]["kind"] != "heartbeat" or not found:
                continue
            if found[0]["status"] == "passed":
                lines = (
                    self.files.artefact(found[0]["transcript"], "transcript")
                    .decode("utf-8", "replace")
                    .split("\n")
                )
                rows = lines[len(lines) - lines[::-1].index(TOLD) :][:5] if TOLD in lines else []
                refuse_unless(
                    len(rows) == 5 and all(row[:2] == "< " for row in rows), "a heartbeat is cut off"
                )
                heartbeat([row[2:] for row in rows], spec["newest"], found[0]["newest"])

    def _compared(self):
        """A sample of files was drawn with the challenge, and shows no more than chance allows."""
        found, payload = self.record["comparison"], self.plan["workload"]["payload"]
        if found is None:
            return
        sample, strata = payload["sample"], found["strata"]
        refuse_unless(sample is not None or not strata, "files: a sample, and none was planned")
        by_chance = bool(sample and sample["files"])
        refuse_unless(
            found["seed"] == (self.plan["challenge"] if by_chance else ""), "files: drawn with another seed"
        )
        refuse_unless(
            not found["differing"]
            or self.record["defects"]
            or self.record["faults"]
            or payload["manifest"].startswith("file:")
            or any(one["found"].endswith(", after the point") for one in found["differences"]),
            "files differ, and there is no defect",
        )
        drawn = sum(one[2] for one in strata)
        refuse_unless(
            all(0 <= one[2] <= one[1] for one in strata) and (not strata or found["population"] <= 100000000),
            "files: strata that cannot be",
        )
        refuse_unless(
            not strata or sum(one[1] for one in strata) == found["population"], "files: another population"
        )
        refuse_unless(
            found["compared"] <= (drawn if strata else found["population"]), "files: too many compared"
        )
        if strata:
            self._drawn(found, sample)
        if found["atMostPpm"] is None:
            return
        missing = drawn - found["compared"] if found["basis"] else 0
        top = f"/{payload['path'].strip('/')}".rstrip("/") + "/"
        inside = payload["manifest"].removeprefix("file:").startswith(top)
        refuse_unless(
            by_chance and not found["differing"] and missing <= inside, "files: a bound that no chance gives"
        )
        most = bad_at_most([(one[1], one[2]) for one in strata])
        share = -(-most * 1000000 // found["population"])
        refuse_unless(
            found["atMostPpm"] == share, f"files: at most {found['atMostPpm']} ppm, computed {share}"
        )

    def _drawn(self, found, sample):
        """The listing leads to the same draw: of each stratum the files with the lowest digests."""
        kept = [one for one in self.record["artefacts"] if one["name"] == "files/listing.json.gz"]
        refuse_unless(len(kept) == 1, "files: no listing of those that were drawn from")
        lowest, marked, sizes, named = {}, {}, {}, 0
        drawn = {one[0]: one[2] for one in found["strata"]}
        lines = listing(self.files.artefact(kept[0]["sha256"], "listing"), found["population"])
        head = next(lines)
        refuse_unless(head["seed"] == self.plan["challenge"], "files: the listing has another seed")
        refuse_unless(head["wanted"] == sample["files"], "files: another number was wanted")
        for mark, _, _, stratum, path in lines:
            sizes[stratum] = sizes.get(stratum, 0) + 1
            if mark == 2:
                named += 1
                continue
            digest = path if head["hidden"] else sha256(path.encode("utf-8", "surrogatepass"))
            place = -int(sha256(f"{head['seed']}\0{digest}".encode()), 16)
            heap = lowest.setdefault(stratum, [])
            heapq.heappush(heap, place)
            if len(heap) > drawn.get(stratum, 0):
                heapq.heappop(heap)
            if mark:
                marked.setdefault(stratum, []).append(place)
        refuse_unless(
            sizes == {one[0]: one[1] for one in found["strata"]} and named == drawn.get("named", 0),
            "files: the listing has other strata",
        )
        for stratum, places in lowest.items():
            refuse_unless(sorted(places) == sorted(marked.get(stratum, [])), "files: drawn by no chance")

    def _verdicts(self):
        stated = self.said["obligations"]
        refuse_unless(
            [one["id"] for one in stated] == self.plan["obligations"], "result: not one verdict each"
        )
        quotes = {one["number"]: one["quote"] for one in self.register["agreement"]["clauses"]}
        for obligation, one in zip(self.owed, stated, strict=True):
            objective = obligation["objective"]
            limit = objective.get(LIMITS.get(objective["kind"], ""), None)
            refuse_unless(
                one["metric"] == objective["kind"] and one["limitMs"] == limit, f"{one['id']}: another limit"
            )
            quote = {"sha256": sha256(quotes[obligation["clause"]].encode())}
            refuse_unless(
                one["clause"] == {"number": obligation["clause"], "quoteDigest": quote},
                f"{one['id']}: another clause",
            )
            refuse_unless(one["verdict"] in {"MET", "MISSED", "UNPROVEN"}, f"{one['id']}: no verdict")
            better = "ge" if objective["kind"] == "retention" else "le"
            refuse_unless(one["comparator"] == better, f"{one['id']}: compared the other way")
            if one["verdict"] == "MISSED" and self._other_machine():
                self._elsewhere(objective["kind"], one)
            late = objective["kind"] == "restore-test-frequency" and one["achievedMs"] is not None
            refuse_unless(
                one["verdict"] != "MISSED" or self.plan["requestedPoint"] != "copy" or late,
                f"{one['id']} is said to be MISSED by a drill of a further copy",
            )
            if one["verdict"] == "MISSED":
                self._left_by_others(objective["kind"], one)
                self._left_out(objective["kind"], one)
                self._of_other_grain(objective.get("grains", ()), one)
            if one["verdict"] == "MET":
                self._met(obligation, one, limit)
            elif one["verdict"] == "MISSED" and one["achievedMs"] is not None:
                self._figure(obligation, one)

    def _summary(self):
        """What is said in short follows from what is said at length: many readers look at nothing else."""
        said, record, papers = self.said, self.record, self.register["agreement"]
        named = {"MET": [], "MISSED": [], "UNPROVEN": []}
        for one in said["obligations"]:
            named[one["verdict"]].append(one["id"])
        for one in record["probes"]:
            named["MET" if one["status"] == "passed" else "UNPROVEN"].append(f"probe/{one['probe']}")
        doubtful = named["UNPROVEN"] or not said["obligations"]
        checks = record["isolation"]["checks"]
        short = {
            "passedTests": named["MET"],
            "warnedTests": named["UNPROVEN"],
            "failedTests": named["MISSED"],
            "result": "FAILED" if named["MISSED"] else "WARNED" if doubtful else "PASSED",
            "environment": {
                "isolated": bool(checks) and all(one["closed"] for one in checks),
                "tools": record["tools"],
            },
            "artifacts": [
                {
                    "name": one["name"],
                    "digest": {"sha256": one["sha256"]},
                    "mediaType": one["mediaType"],
                    "annotations": {"sizeBytes": one["sizeBytes"]},
                }
                for one in record["artefacts"]
            ],
        }
        for name, value in short.items():
            refuse_unless(said[name] == value, f"result: {name} does not follow from what it records")
        documents = [(one["name"], one["sha256"], one["textSha256"]) for one in papers["documents"]]
        stated = [
            (one["name"], one["digest"]["sha256"], one["textDigest"]["sha256"])
            for one in said["agreement"]["documents"]
        ]
        refuse_unless(
            (said["agreement"]["id"], stated) == (papers["id"], documents), "result: of another agreement"
        )

    def _met(self, obligation, one, limit):
        """MET needs facts that allow it, and a figure that follows from them."""
        kind = obligation["objective"]["kind"]
        if kind != "backup-frequency":
            why = self._doubt()
            refuse_unless(not why, f"{one['id']} is said to be MET, but {why}")
            refuse_unless(
                not self._sample_too_small(), f"{one['id']} is said to be MET, by too small a sample"
            )
        achieved, allowance = self._achieved(kind, obligation)
        if kind == "application-validation":
            proofs = [p for p in self.plan["playbook"]["probes"] if p["required"] and p["provesApplication"]]
            refuse_unless(
                proofs, f"{one['id']} is said to be MET, and no probe shows that the application works"
            )
            return
        if kind == "rto":
            refuse_unless(
                self.plan["mode"] == obligation["objective"]["mode"], f"{one['id']}: of another restore mode"
            )
            refuse_unless(
                self.plan["workload"]["payload"].get("sample") is None,
                f"{one['id']} is said to be MET, and only a sample was restored",
            )
        refuse_unless(
            one["achievedMs"] == achieved, f"{one['id']}: {one['achievedMs']} ms, computed {achieved}"
        )
        refuse_unless(one["allowanceMs"] == allowance, f"{one['id']}: another allowance")
        kept = achieved >= limit if kind == "retention" else achieved + allowance <= limit
        refuse_unless(kept, f"{one['id']} is said to be MET, and its figure is beyond the limit")

    def _first_boot(self):
        """A system is started on another controller first exactly where its hardware asks for that."""
        names = [one["name"] for one in self.record["phases"]]
        stages = [one for one in names if one in ("first-boot", "shutdown")]
        asked = bool((self.plan["hardware"] or {}).get("firstBoot"))
        both = stages == ["first-boot", "shutdown"]
        refuse_unless(asked or not stages, "a first boot that no hardware asks for")
        refuse_unless(not asked or "boot" not in names or both, "the first boot of its hardware is left out")

    def _other_machine(self):
        """Whether board, firmware, disks, cards or processor are not its own, or it has less than it had."""
        new, old = self.plan["hardware"], self.plan["workload"]["payload"].get("guest")
        if new is None:
            return False
        if new.get("firstBoot"):
            return True
        if old is None:  # its backup states the machine, and the record in what the copy differs
            machine = self.record["machine"]
            named = ("firmware", "firmware memory", "chipset", "cpu", "disk controller", "disk serials")
            named += ("network cards", "card slots")
            return machine is None or any(
                (one["what"] in named or (one["what"] in ("memory", "processors") and less(one["change"])))
                and one["why"].startswith((f"hardware {new['name']}", "sd:"))
                for one in machine["deviations"]
            )
        if any(new[name] and new[name] < old[name] for name in ("memoryMib", "vcpus")):
            return True
        hard = [one for one in old["disks"] if one["bus"] != "pflash"]
        buses = {one["bus"] for one in hard} or {old["diskBus"]}
        wanted = {new["diskBus"]} if new["diskBus"] else buses
        cards = set(old["nicModels"] or [old["nicModel"]])
        if any(new[name] and new[name] != old[name] for name in ("firmware", "chipset", "cpuModel")):
            return True
        if new["firmware"] and len(hard) < len(old["disks"]):
            return True  # what its firmware remembered is gone
        if (new["diskBus"] or new["diskSizes"]) and any(one["serial"] for one in hard):
            return True
        if wanted != buses or (new["nicModel"] and cards != {new["nicModel"]}):
            return True
        other = new["scsiController"] and new["scsiController"] != old["scsiController"]
        return bool(other) and "scsi" in wanted

    def _elsewhere(self, kind, one):
        """On hardware that is not its own a failure to come back, or to do so in time, breaks nothing."""
        record = self.record
        lost = record["selection"]["point"] is None or record["defects"]
        by_figure = one["achievedMs"] is not None and kind != "rto"
        refuse_unless(
            lost or by_figure or kind in {"backup-frequency", "retention"},
            f"{one['id']} is said to be MISSED by a drill on other hardware",
        )

    def _left_by_others(self, kind, one):
        """A system that stays away breaks nothing if a step was left undone that is not the provider's."""
        left = [
            spec["id"]
            for spec, step in zip(self.plan["playbook"]["steps"], self.record["steps"], strict=False)
            if step["status"] == "allowed"
            or (step["status"] == "failed" and (spec["kind"] == "ask" or spec["party"] == "customer"))
        ]
        lost = self.record["selection"]["point"] is None or self.record["defects"]
        came_back = one["achievedMs"] is not None and not self._doubt()
        refuse_unless(
            not left or lost or came_back or kind in {"backup-frequency", "retention"},
            f"{one['id']} is said to be MISSED, and others than the provider left a step undone: {left}",
        )

    def _of_other_grain(self, grains, one):
        """What a drill brings nothing back of, it cannot have found missing: a file, a machine, a system."""
        lost = self.record["selection"]["point"] is None or self.record["defects"]
        refuse_unless(
            not grains or lost or self._brought_back() & set(grains),
            f"{one['id']} is said to be MISSED, and the drill shows none of {grains}",
        )

    def _left_out(self, kind, one):
        """Parts of a volume that are not on the one disk that the inventory names are no lack of a backup."""
        found = self.record["inspection"]
        if found is None or self.plan["workload"]["payload"]["kind"] != "disk-image":
            return
        parts = [
            volume["name"]
            for volume in found["volumes"]
            if volume["kind"] != "luks" and not volume["complete"] and volume["missing"] > 0
        ]
        other = ("part-of-a-volume-missing", "missing-bootloader")
        defects = [bad for bad in self.record["defects"] if not bad["what"].startswith(other)]
        lost = self.record["selection"]["point"] is None or defects
        came_back = one["achievedMs"] is not None and not self._doubt()
        refuse_unless(
            not parts or lost or came_back or kind in {"backup-frequency", "retention"},
            f"{one['id']} is said to be MISSED, and the inventory names one disk of several: {parts}",
        )

    def _figure(self, obligation, one):
        """A figure beyond the limit follows from the facts, too, where nothing else has decided."""
        kind = obligation["objective"]["kind"]
        if kind == "backup-frequency" or (
            kind in {"rpo", "rto", "restore-test-frequency"} and not self._doubt()
        ):
            found = self._achieved(kind, obligation)
            stated = one["achievedMs"], one["allowanceMs"]
            refuse_unless(stated == found, f"{one['id']}: {stated[0]} ms, computed {found[0]}")

    def _doubt(self):
        """Why nothing can be MET; empty when something can."""
        record, probes = self.record, [one for one in self.plan["playbook"]["probes"] if one["required"]]
        if record["selection"]["point"] is None or not record["restore"] or record["defects"] or not probes:
            return "nothing sound was restored"
        if any(not one["closed"] for one in record["isolation"]["checks"]):
            return "the sandbox was not closed"
        if any(one["status"] == "passed" for one in record["controls"]):
            return "a probe passed before anything was restored"
        if not {one["id"] for one in probes} <= {one["probe"] for one in record["controls"]}:
            return "a probe was not tried before the restore"
        if record["challenge"] is not None and record["challenge"]["status"] == "wrong":
            return "the guest does not know the drill's challenge"
        settled = self._settled()
        if settled is None:
            return "a required probe did not pass, or a step was not gone through"
        if any(one["phase"] == "select" or one["atMs"] <= settled for one in record["faults"]):
            return "drverify's own side had failed before"
        if record["restore"]["mode"] != self.plan["mode"]:
            return "it was restored in another way than planned"
        return self._uncompared()

    def _uncompared(self):
        """Why files are not shown to be those that were backed up; empty: they are, or none is owed."""
        payload, found = self.plan["workload"]["payload"], self.record["comparison"]
        if payload["kind"] != "file-set" or (payload["sample"] is None and not payload["manifest"]):
            return ""
        if found is None:
            return "nothing is said of the comparison that was planned"
        if found["differing"]:
            return "files differ from their manifest"
        restored = sum(one[2] for one in found["strata"]) if found["strata"] else found["population"]
        if payload["manifest"] and (found["compared"] < 1 or found["compared"] * 2 < restored):
            return "most of the restored files were compared with nothing"
        return ""

    def _sample_too_small(self):
        """Fewer than 59 files by chance (0.95 ** 59 < 0.05), or no bound, and not all there are."""
        found = self.record["comparison"]
        if self.plan["workload"]["payload"].get("sample") is None:
            return False
        drawn = sum(one[2] for one in found["strata"])
        by_chance = drawn - sum(one[2] for one in found["strata"] if one[0] == "named")
        return drawn != found["population"] and (found["atMostPpm"] is None or by_chance < 59)

    def _settled(self):
        """When the last required probe had settled and the last step had ended, in ms after the declaration.

        None when a probe never did, or when a step is not recorded or could not be done by us.
        """
        times = []
        for spec in self.plan["playbook"]["probes"]:
            found = [one for one in self.record["probes"] if one["probe"] == spec["id"]]
            if spec["required"]:
                if len(found) != 1 or found[0]["status"] != "passed" or found[0]["settledMs"] is None:
                    return None
                times.append(found[0]["settledMs"])
        steps = {one["step"]: one for one in self.record["steps"]}
        for spec in self.plan["playbook"]["steps"] if times else ():
            step = steps.get(spec["id"])
            if step is None or step["status"] == "errored":
                return None
            times.append(step["startedMs"] + step["tookMs"])
        return max(times, default=None)

    def _steps(self):
        """Steps are recorded in the playbook's order, all of them before the application is asked."""
        plan, steps, records = self.plan, self.plan["playbook"]["steps"], self.record["steps"]
        refuse_unless(
            [one["step"] for one in records] == [one["id"] for one in steps][: len(records)],
            "steps of the playbook are not recorded in their order",
        )
        asked = any(one["name"] == "application" for one in self.record["phases"])
        refuse_unless(
            not asked or len(records) == len(steps), "the application was asked before the steps were done"
        )
        allowed = [one["step"] for one in records if one["status"] == "allowed"]
        refuse_unless(
            all(one["kind"] == "ask" for one in steps if one["id"] in allowed),
            "a step is allowed for in which nobody is asked",
        )
        waiting = any(
            plan["workload"]["name"] in one["after"] for one in (plan["group"] or {"members": []})["members"]
        )
        refuse_unless(
            not allowed or not waiting, "a system that others wait for was allowed a step that nobody did"
        )

    def _achieved(self, kind, obligation):
        record, point = self.record, self.record["selection"]["point"]
        if kind == "rto":
            granted = [*obligation["allowances"], *self.plan["playbook"]["allowances"]]
            return self._settled(), sum(max(one["timeMs"], 0) for one in granted) + self._undone()
        if kind == "rpo":
            refuse_unless(record["selection"]["newestEligible"], "an older point than the newest was drilled")
            ages = [up(self.incident - instant(point["consistentAsOf"])), self._gap()]
            refuse_unless(ages[0] >= 0, "the point is from after the incident")
            return max(*ages, *self._newest()), 0
        if kind == "backup-frequency":
            return self._gap(), 0
        if kind == "restore-test-frequency":
            lack = set(obligation["objective"].get("grains", ())) - self._brought_back()
            refuse_unless(not lack, f"{obligation['id']} is decided by a drill that shows no {sorted(lack)}")
            since = self._owed()
            if self.plan["previousSuccessAt"]:
                since = max(since, instant(self.plan["previousSuccessAt"]))
            return up(self.ended - since), 0
        if kind == "retention":
            return (self.began - instant(point["consistentAsOf"])) // timedelta(milliseconds=1), 0
        return None, 0

    def _brought_back(self):
        """What a restore test by this plan shows, where it brings its workload back."""
        asked = [one for one in self.plan["playbook"]["probes"] if one["required"]]
        kind, shown = self.plan["workload"]["payload"]["kind"], set()
        if kind == "file-set" or any(one["kind"] == "checksum" for one in asked):
            shown |= {"file"}
        if kind != "file-set":
            shown |= {"full_system"}
            shown |= {"bare_metal"} if kind == "system-files" else {"vm"}
            shown |= {"bare_metal"} if self.plan["hardware"] else set()
        read = [one["newest"] for one in asked if one["kind"] == "freshness"]
        rows = [one.get("tokens", one)["kind"] for one in read]
        if "row" in rows or any(one["kind"] in {"postgres", "dump"} for one in asked):
            shown |= {"database"}
        return shown | ({"application"} if any(one["provesApplication"] for one in asked) else set())

    def _undone(self):
        """What is allowed for the steps that nobody was there to do, in ms."""
        steps, records = self.plan["playbook"]["steps"], self.record["steps"]
        refuse_unless(
            [one["id"] for one in steps] == [one["step"] for one in records],
            "steps of the playbook are not recorded in their order",
        )
        allowed = 0
        for spec, one in zip(steps, records, strict=True):
            refuse_unless(
                one["status"] in ("done", "failed") or (one["status"], spec["kind"]) == ("allowed", "ask"),
                f"step {spec['id']} cannot be {one['status']}",
            )
            allowed += max(spec["allowanceMs"], 0) if one["status"] == "allowed" else 0
        return allowed

    def _newest(self):
        """Ages of the newest records that freshness probes read."""
        skew = timedelta(milliseconds=max(self.record["guestClockSkewMs"] or 0, 0))
        for spec in self.plan["playbook"]["probes"]:
            if spec["required"] and spec["kind"] == "freshness":
                (found,) = [one for one in self.record["probes"] if one["probe"] == spec["id"]]
                refuse_unless(found["newest"], f"probe {spec['id']} read no newest record")
                theirs = spec["newest"]["kind"] == "heartbeat"
                refuse_unless(
                    theirs or all(one["name"] != "first-boot" for one in self.record["phases"]),
                    f"{spec['id']} was read of a system that had been started before",
                )
                age = self.incident - (instant(found["newest"]) - (timedelta(0) if theirs else skew))
                refuse_unless(
                    age >= timedelta(seconds=-5),
                    f"the newest record of {spec['id']} is from after the incident",
                )
                yield up(max(age, timedelta(0)))

    def _owed(self):
        effective = self.register["agreement"]["effective"]
        since = instant(self.plan["workload"]["protectedSince"])
        if effective is None:
            return since
        return max(datetime.combine(date.fromisoformat(effective), datetime.min.time(), UTC), since)

    def _gap(self):
        """The longest time without a new point, in ms."""
        start = max(self.incident - timedelta(milliseconds=self.plan["lookBackMs"]), self._owed())
        refuse_unless(start <= self.incident, "the incident is set before backups were owed")
        bad = self.record["selection"]["point"] if self.record["defects"] else None
        points = sorted(
            instant(one["consistentAsOf"])
            for one in self.record["selection"]["listed"]
            if bad is None or one["id"] != bad["id"]
        )
        points = [one for one in points if one <= self.incident]
        before = [one for one in points if one <= start]
        marks = [before[-1] if before else start, *(one for one in points if one > start), self.incident]
        return up(max(later - earlier for earlier, later in pairwise(marks)))


TOLD = "> the newest heartbeat that holds, as it was signed:"


def heartbeat(rows, spec, newest):
    """Five lines: what was signed, an empty one, and the signature of one of the named keys."""
    text = "\n".join(rows[:3]) + "\n"
    stated = f"drverify-heartbeat/v1\nworkload {spec['workload']}\ntime {newest}\n"
    refuse_unless(text == stated and not rows[3], "a heartbeat says another workload or time")
    found = re.fullmatch("\u2014 (\\S+) (\\S+)", rows[4])
    refuse_unless(found, "a heartbeat is not signed")
    content = unbase64(found[2], "heartbeat")
    for line in spec["keys"]:
        name, _, typed = line.split("+", 2)
        raw = unbase64(typed, "heartbeat key")[1:]
        if name == found[1] and content[:4] == note_id(name, 1, raw):
            try:
                ed25519.Ed25519PublicKey.from_public_bytes(raw).verify(content[4:], text.encode())
            except InvalidSignature as error:
                raise Refused("the signature of a heartbeat does not hold") from error
            return
    raise Refused("a heartbeat is signed by nobody whom the playbook names")


def listing(packed, files):
    """The lines of a listing of so many files."""
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            for _ in range(files + 1):
                line = file.readline(1 << 20)
                refuse_unless(line, "files: the listing is shorter than it is said to be")
                yield json.loads(line)
            refuse_unless(not file.read(1), "files: the listing is longer than it is said to be")
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"files: the listing cannot be read: {error}") from error


def bad_at_most(strata):
    """The most bad files of which a sample without one has a chance of more than 1 in 20, however spread.

    Each further bad file lies where the sample is least likely to meet it: that changes the chance by the
    factor 1 - n / (N - d). Counted in 256 bits behind the point, rounded down.
    """
    one = 1 << 256
    chance, bad = one, 0
    heap = [(Fraction(n, files), files, n) for files, n in strata if files > n]
    heapq.heapify(heap)
    while heap:
        _, left, n = heapq.heappop(heap)
        chance = chance * (left - n) // left
        if chance * 20 <= one:
            break
        bad += 1
        if left - 1 > n:
            heapq.heappush(heap, (Fraction(n, left - 1), left - 1, n))
    return bad


def up(span):
    """Whole milliseconds, rounded up: rounding flatters nobody."""
    return -(-span // timedelta(milliseconds=1))


def accepted(contract):
    """The contract, if it is as somebody accepted it."""
    refuse_unless(contract["accepted"] is not None, "the contract was not accepted")
    content = sha256(canonical({**contract, "accepted": None}))
    refuse_unless(content == contract["accepted"]["content"], "the contract was edited after it was accepted")
    return contract


def promised(obligation, provision, at):
    """The register's limit must be the contract's figure; business hours are left to the other verifier."""
    objective = obligation["objective"]
    what = f"obligation {obligation['id']}"
    refuse_unless(
        provision is not None and provision["review"] in {"accepted", "corrected"},
        f"{what}: nobody accepted it",
    )
    refuse_unless(
        obligation["scope"] == provision["scope"]["systems"], f"{what}: not for the systems that were agreed"
    )
    limit = objective.get(LIMITS.get(objective["kind"], ""))
    if limit is None:
        return
    figure = provision["figure"]
    refuse_unless(figure is not None, f"{what}: the contract has no figure for it")
    quantity, least = figure["quantity"], objective["kind"] == "retention"
    value, comparator, unit = quantity["value"], figure["comparator"], quantity["unit"]
    if comparator == "between":
        value, comparator = (value, ">=") if least else (quantity["upper"], "<=")
    if figure["clock"] != "elapsed":
        return
    if unit in MONTHS:
        months = int(value) * MONTHS[unit]
        found = abs(shifted(at, months if objective["kind"] == "rto" else -months) - at) // timedelta(
            milliseconds=1
        )
    elif unit in ELAPSED:
        whole, _, places = value.partition(".")
        found = int(whole + places) * ELAPSED[unit] * 1000 // 10 ** len(places)
    else:
        return
    found += {">": 1, "<": -1}.get(comparator, 0)
    refuse_unless(limit == found, f"{what}: its limit is {limit} ms, the contract's figure is {found} ms")


def shifted(at, months):
    """The same day and time some months on; the month's last day where it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


class Known:
    """Registers, contracts and papers, which many drills share, read once."""

    def __init__(self):
        self.found = {}

    def bytes(self, files, digest, what):
        if digest not in self.found:
            self.found[digest] = files.artefact(digest, what)
        return self.found[digest]

    def json(self, files, digest, what):
        key = ("json", digest)
        if key not in self.found:
            self.found[key] = one_form(self.bytes(files, digest, what), what)
        return self.found[key]


# ---------------------------------------------------------------- what the log tells


class History:
    """Registers, slots, starts and what came of them, in the log's order."""

    def __init__(self, origin):
        self.origin, self.agreement = origin, ""
        self.registers, self.planned, self.periods, self.begun, self.closes = [], {}, {}, {}, []

    def same_agreement(self, record):
        self.agreement = self.agreement or record["agreement"]
        refuse_unless(record["agreement"] == self.agreement, "it is of another agreement")

    def register(self, leaf, record):
        """Both parties agreed on a reading of the agreement."""
        before = self.registers[-1] if self.registers else None
        refuse_unless(
            record["revision"] == (before[2]["revision"] + 1 if before else 1),
            "register: not the next revision",
        )
        told = {"index": before[0], "payload": before[1]} if before else None
        refuse_unless(record["supersedes"] == told, "register: it does not supersede the last one")
        self.registers.append((leaf.index, leaf.payload, record))

    def schedule(self, leaf, record, times):
        """Both parties agreed on the drills of a period."""
        period = self._period(record["period"])
        refuse_unless(self.registers, "schedule: no register was agreed before it")
        refuse_unless(
            record["contract"] == self.registers[-1][2]["contract"], "schedule: of another contract"
        )
        refuse_unless(record["slots"], "schedule: it plans nothing")
        opens = [instant(one["opens"]) for one in record["slots"]]
        refuse_unless(opens == sorted(opens), "schedule: slots are in no order")
        earliest, latest = times.earliest(leaf.index), times.vouched(leaf.index)
        refuse_unless(
            earliest is None or earliest < opens[0], "schedule: it was logged after its first slot opened"
        )
        for one in record["slots"]:
            first, last = instant(one["opens"]), instant(one["closes"])
            refuse_unless(period[0] <= first < last <= period[1], f"slot {one['id']}: its window cannot be")
            refuse_unless(
                one["id"] not in self.planned and one["obligations"],
                f"slot {one['id']}: planned twice, or for nothing",
            )
            self.planned[one["id"]] = {
                "slot": one,
                "period": record["period"]["id"],
                "schedule": leaf.payload,
                "index": leaf.index,
                "opens": first,
                "closes": last,
                "attempts": [],
            }
        return (
            None
            if latest is not None and latest <= opens[0]
            else "nothing shows that a schedule was logged in time"
        )

    def _period(self, period):
        found = instant(period["begins"]), instant(period["ends"])
        refuse_unless(found[0] < found[1], "period: it ends before it begins")
        for name, (begins, ends) in self.periods.items():
            if name == period["id"]:
                refuse_unless((begins, ends) == found, "period: it lasts differently elsewhere")
            else:
                refuse_unless(
                    not (begins < found[1] and found[0] < ends), "period: it shares time with another one"
                )
        self.periods[period["id"]] = found
        return found

    def start(self, leaf, envelope):
        """A drill was begun."""
        said = envelope.of("drill-started")
        refuse_unless(said["version"] == 2, "start: of another version")
        drill = said["drill"]
        begun = {
            "index": leaf.index,
            "payload": leaf.payload,
            "drill": drill["id"],
            "workload": drill["workload"],
            "results": [],
            "voided": None,
            "planned": None,
        }
        if drill["slot"] is not None:
            slot = self.planned.get(drill["slot"]["slot"])
            if (
                slot
                and slot["schedule"] == drill["slot"]["schedule"]
                and slot["slot"]["workload"] == drill["workload"]
            ):
                begun["planned"] = slot
                slot["attempts"].append(begun)
        self.begun[leaf.index] = begun

    def absent(self, leaf):
        """A drill of another period was begun: its envelope need not be here, its result may be."""
        self.begun[leaf.index] = {
            "index": leaf.index,
            "payload": leaf.payload,
            "drill": "",
            "workload": "",
            "results": [],
            "voided": None,
            "planned": None,
        }

    def start_of(self, index, record):
        """The start that a result names, if it was logged before it."""
        stated = record["start"]
        if stated is None or stated["origin"] != self.origin or stated["index"] >= index:
            return None
        begun = self.begun.get(stated["index"])
        return begun if begun and begun["payload"] == stated["payload"] else None

    def void(self, leaf, record):
        """Both parties agreed not to count a start."""
        begun = self.begun.get(record["start"]["index"])
        known = (
            begun
            and begun["payload"] == record["start"]["payload"]
            and begun["drill"] in ("", record["drill"])
        )
        refuse_unless(known, "void: it names no such start")
        refuse_unless(
            not begun["results"] and begun["voided"] is None, "void: that drill has a result, or is voided"
        )
        refuse_unless(record["reason"].strip(), "void: it says no reason")
        begun["voided"] = leaf.index

    def close(self, leaf, record, roots, whole):
        """The provider counted a period; counted again unless the bundle has not all of its drills."""
        period = self._period(record["period"])
        refuse_unless(
            record["begin"] == (self.closes[-1]["size"] if self.closes else 0),
            "close: it counts from elsewhere",
        )
        refuse_unless(
            record["begin"] <= record["size"] <= leaf.index, "close: it counts entries that were not there"
        )
        refuse_unless(
            record["period"]["id"] not in [one["period"]["id"] for one in self.closes], "close: closed before"
        )
        if record["size"] in roots:
            refuse_unless(roots[record["size"]].hex() == record["root"], "close: of another tree")
        self.closes.append(record)
        if whole:
            counted = self.count(record["period"]["id"], period, record["begin"], record["size"])
            refuse_unless(
                counted == record["counts"], f"close: it counts {record['counts']}, the log has {counted}"
            )

    def belonging(self, name, begins, begin, size):
        """The starts of a period: whether planned there, the start, its results; none beyond `size`."""
        for one in self.begun.values():
            slot = one["planned"]
            own = slot is not None and slot["period"] == name
            astray = slot is None or self.periods[slot["period"]][1] <= begins
            if one["index"] < size and (own or (astray and one["index"] >= begin)):
                yield own, one, [r for r in one["results"] if r[0] < size]

    def count(self, name, period, begin, size):
        planned = [one for one in self.planned.values() if one["period"] == name and one["index"] < size]
        begun = list(self.belonging(name, period[0], begin, size))
        verdicts = [verdict for _, _, results in begun for _, found in results for verdict in found]
        voided = sum(one["voided"] is not None and one["voided"] < size and not r for _, one, r in begun)
        return {
            "planned": len(planned),
            "started": len(begun),
            "finished": sum(len(r) == 1 for _, _, r in begun),
            "open": sum(not r for _, _, r in begun) - voided,
            "voided": voided,
            "notStarted": sum(not any(a["index"] < size for a in one["attempts"]) for one in planned),
            "unplanned": sum(not own for own, _, _ in begun),
            "met": verdicts.count("MET"),
            "missed": verdicts.count("MISSED"),
            "unproven": verdicts.count("UNPROVEN"),
        }

    def spans(self, asked, size):
        """The counted parts of the log: a period, when it begins, its first entry, its tree's size."""
        closed = {one["period"]["id"]: (one["begin"], one["size"]) for one in self.closes}
        end = max((last for _, last in closed.values()), default=0)
        within = [(b, name) for name, (b, e) in self.periods.items() if asked[0] <= b and e <= asked[1]]
        for begins, name in sorted(within) or [(asked[0], None)]:
            yield name, begins, *closed.get(name, (end, size))
            end = end if name in closed else size

    def missing(self, asked, at, size, times):
        """What was dropped, repeated, never run, or run at another time: one sentence each."""
        if not self.registers:
            yield "no register that both parties signed is in the log"
        spans = list(self.spans(asked, size))
        if not {one["period"] for one in self.planned.values()} & {name for name, *_ in spans}:
            yield "no signed schedule of the period is in the log"
        else:
            yield from self._unplanned(asked, at)
        for name, begins, begin, last in spans:
            for slot in self.planned.values():
                if slot["period"] == name:
                    yield from self._of_slot(slot, last, at, times)
            for _, one, results in self.belonging(name, begins, begin, last):
                yield from self._of_start(one, results, last, at)

    def _unplanned(self, asked, at):
        """The stretches of the period that no schedule covers."""
        names = {one["period"] for one in self.planned.values()}
        now, end = asked[0], min(asked[1], at)
        for begins, ends in sorted(span for name, span in self.periods.items() if name in names):
            if asked[0] <= begins and ends <= asked[1] and now < end:
                if now < begins:
                    yield f"no schedule covers the time from {now} to {min(begins, end)}"
                now = max(now, ends)
        if now < end:
            yield f"no schedule covers the time from {now} to {end}"

    def _of_slot(self, slot, size, at, times):
        name, attempts = slot["slot"]["id"], [one for one in slot["attempts"] if one["index"] < size]
        if not attempts and slot["closes"] <= at:
            yield f"slot {name} was never started"
        ended = min((one["results"][0][0] for one in attempts if one["results"]), default=size)
        for one in attempts:
            earliest, latest = times.earliest(one["index"]), times.latest(one["index"])
            if one["index"] > ended:
                yield f"slot {name} was started again although an attempt had a result"
            if (latest and latest < slot["opens"]) or (earliest and earliest >= slot["closes"]):
                yield f"slot {name} was drilled outside of its window, by others' clocks"

    def _of_start(self, begun, results, size, at):
        running = begun["planned"] is not None and begun["planned"]["closes"] > at
        voided = begun["voided"] is not None and begun["voided"] < size
        if not (results or voided or running):
            yield f"drill {begun['drill']} (entry {begun['index']}) was started and has no result: it failed"
        if len(begun["results"]) > 1:
            yield f"drill {begun['drill']} has {len(begun['results'])} results"


# ---------------------------------------------------------------- all of it


class Audit:
    """Goes through a bundle; `run` refuses what does not hold, and returns (missing, notes, counts)."""

    def __init__(self, files, trust, held, at, stamped=None):
        self.files, self.trust, self.held, self.at, self.stamped = files, trust, held, at, stamped
        self.notes, self.missing = [], []
        self.times = Times([], [])

    def run(self):
        index = one_form(self.files.read("bundle.json"), "bundle.json")
        form = {"version", "agreement", "period", "origin", "size", "files"}
        refuse_unless(index.keys() == form and index["version"] == 1, "bundle.json: of another version")
        self.asked = instant(index["period"]["begins"]), instant(index["period"]["ends"])
        self._log(index)
        self._extras(index)
        self._envelopes(index)
        scheduled = self.history.periods.get(index["period"]["id"])
        named = scheduled or calendar_period(index["period"]["id"])
        refuse_unless(named == self.asked, "bundle.json: its period does not begin and end so")
        unknown = sorted(set(self.files.places) - self.files.used)
        refuse_unless(not unknown, f"{unknown[:1]}: nothing that is signed names this file")

    def _extras(self, index):
        for one in index["files"]:
            data = self.files.read(one["path"])
            known = one["path"] in {"README.txt", "log/checkpoint"} or one["path"].startswith(LISTED)
            refuse_unless(known, f"{one['path']}: no place for it")
            refuse_unless(
                (sha256(data), len(data)) == (one["sha256"], one["sizeBytes"]), f"{one['path']}: changed"
            )
        listed = [one["path"] for one in index["files"]]
        refuse_unless(listed == sorted(set(listed)), "bundle.json: files in no order")

    def _log(self, index):
        newest = Checkpoint(self.files.read("log/checkpoint"), "log/checkpoint")
        logs = [one for one in self.trust.of("log").values() if one.name == newest.origin]
        refuse_unless(
            newest.signed_by_log(logs), f"the log {newest.origin} is not signed by a key that you trust"
        )
        refuse_unless(
            (index["origin"], index["size"]) == (newest.origin, newest.size), "bundle.json: of another log"
        )
        self.newest, wanted = newest, [newest]
        older = {}
        for name in [one for one in self.files.places if one.startswith("log/checkpoints/")]:
            one = Checkpoint(self.files.read(name), name)
            good = one.signed_by_log(logs) and name.endswith(f"/{one.size}") and one.size <= newest.size
            refuse_unless(good, f"{name}: not a checkpoint of this log")
            refuse_unless(one.as_stamped(logs) == self.files.read(name), f"{name}: not as it was stamped")
            older[one.size] = one
            wanted.append(one)
        for one in self.held:
            if one.origin != newest.origin or not one.signed_by_log(logs):
                raise Mistaken(f"{one.what}: not a checkpoint of the log {newest.origin}")
            refuse_unless(
                one.size <= newest.size,
                f"{one.what}: you hold more entries than the log has here: it was cut",
            )
            wanted.append(one)
        if not self.held:
            self.notes.append("you brought no checkpoint: nothing shows that there is no second log")
        self._tree(newest, wanted)
        others = [
            one for role in ("customer", "witness") for one in self.trust.of(role).values() if not one.revoked
        ]
        cosigned = newest.cosigners(others)
        if not cosigned:
            self.notes.append("nobody but the provider signed the newest checkpoint")
        seen = [(newest.size, datetime.fromtimestamp(seconds, UTC)) for seconds in cosigned.values()]
        self.times = Times(list(self._tokens(older)), seen)
        for key in logs:
            late = newest.signed_by_log([key]) and key.misused(None, self.times.vouched(newest.size - 1))
            refuse_unless(not late, "the log's key signed its checkpoint at another time than its own")

    def _tree(self, newest, wanted):
        sizes = {}
        for one in wanted:
            sizes.setdefault(one.size, []).append(one)
        tree, self.leaves, hashed = Tree(), [], []
        self._compare(sizes.get(0, []), tree)
        for number, entry in enumerate(entries_of(self.files, newest.size)):
            tree.add(entry)
            hashed.append(hashlib.sha256(b"\0" + entry).digest())
            self.leaves.append(Leaf(entry, number))
            self._compare(sizes.get(tree.size, []), tree)
        check_tiles(self.files, hashed)
        self.hashed = hashed

    def _compare(self, wanted, tree):
        for one in wanted:
            refuse_unless(
                one.root == tree.root(), f"{one.what}: the log signed another tree of {tree.size} entries"
            )

    def _tokens(self, older):
        """The (size, latest instant, authority) of each token that holds."""
        for name in [one for one in self.files.places if one.startswith("log/timestamps/")]:
            found = re.fullmatch(r"log/timestamps/([1-9]\d*)\.([a-z0-9][a-z0-9-]{0,39})\.tsr", name, re.ASCII)
            refuse_unless(found and int(found[1]) in older, f"{name}: over no checkpoint that is here")
            roots, token = self.trust.authorities.get(found[2]), self.files.read(name)
            if roots is None:
                self.notes.append(f"the time stamps of {found[2]} were not checked: you do not trust it")
            else:
                size = int(found[1])
                message = self.files.read(f"log/checkpoints/{size}")
                yield size, stamped_at(token, message, roots)[1], found[2]

    def _root(self, size):
        tree = Tree()
        for one in self.hashed[:size]:
            found, bits = one, tree.size
            while bits & 1:
                found, bits = hashlib.sha256(b"\1" + tree.peaks.pop() + found).digest(), bits >> 1
            tree.peaks.append(found)
            tree.size += 1
        return tree.root()

    def _envelopes(self, index):
        self.history, self.known = History(self.newest.origin), Known()
        self.results, scope = 0, self._scope()
        lines = self.files.lines("envelopes.intoto.jsonl")
        line = next(lines, None)
        for leaf in self.leaves:
            envelope = Envelope(line) if line is not None else None
            bound = envelope and (
                envelope.digest,
                sha256(envelope.signatures[0][1]),
                envelope.signatures[0][0],
            )
            if bound != (leaf.payload, leaf.signature, leaf.keyid):
                drill = leaf.kind in {"drill-started", "restore-drill"}
                needed = not drill or scope[0] <= leaf.index < scope[1]
                refuse_unless(not needed, f"entry {leaf.index}: its envelope is not in the bundle")
                if leaf.kind == "drill-started":
                    self.history.absent(leaf)
                self.whole = False
                continue
            self._entry(leaf, envelope, index)
            line = next(lines, None)
        refuse_unless(line is None, "an envelope is in the bundle that was not logged there")
        self.missing += self.history.missing(self.asked, self.at, self.newest.size, self.times)

    def _scope(self):
        """Which entries' drills the period needs: all that no earlier close counted, up to its own close."""
        planned, closed, before, self.whole = {}, {}, 0, True
        wanted = {leaf.payload: leaf for leaf in self.leaves if leaf.kind in {"schedule", "period-close"}}
        for line in self.files.lines("envelopes.intoto.jsonl"):
            envelope = Envelope(line)
            leaf = wanted.get(envelope.digest)
            if leaf is None:
                continue
            record = envelope.of(leaf.kind)
            begins, ends = instant(record["period"]["begins"]), instant(record["period"]["ends"])
            if leaf.kind == "period-close" and ends <= self.asked[0]:
                before = max(before, record["size"])
            elif self.asked[0] <= begins and ends <= self.asked[1]:
                if leaf.kind == "schedule":
                    planned.setdefault(record["period"]["id"], leaf.index)
                else:
                    closed[record["period"]["id"]] = record["size"]
        both = planned and planned.keys() == closed.keys()
        begin = min([before, *planned.values()]) if planned else 0
        return begin, max(closed.values()) if both else self.newest.size

    def _entry(self, leaf, envelope, index):
        signers = envelope.signers(leaf.kind, self.trust)
        for key in signers:
            late = key.misused(self.times.earliest(leaf.index), self.times.vouched(leaf.index))
            refuse_unless(not late, f"entry {leaf.index}: a key of another time")
        if leaf.kind == "drill-started":
            self.history.start(leaf, envelope)
            self._stamped_by(leaf.index, None)
        elif leaf.kind == "restore-drill":
            self._result(leaf, envelope, index)
        else:
            record = envelope.of(leaf.kind)
            refuse_unless(record["version"] == 1, f"{leaf.kind}: of another version")
            self.history.same_agreement(record)
            refuse_unless(record["agreement"] == index["agreement"], f"{leaf.kind}: of another agreement")
            self._record(leaf, record)

    def _record(self, leaf, record):
        if leaf.kind == "register":
            accepted(self.known.json(self.files, record["contract"], "the contract"))
            for one in record["documents"]:
                self.known.bytes(self.files, one["sha256"], one["name"])
                self.known.bytes(self.files, one["textSha256"], one["name"])
            self.history.register(leaf, record)
        elif leaf.kind == "archive-refresh":
            for one in record["files"]:
                if f"artifacts/sha256/{one['sha256']}" in self.files.places:
                    self.files.artefact(one["sha256"], one["name"])
        elif leaf.kind == "schedule":
            self._schedule(leaf, record)
        elif leaf.kind == "drill-voided":
            self.history.void(leaf, record)
        else:
            self._close(leaf, record)

    def _schedule(self, leaf, record):
        contract = accepted(self.known.json(self.files, record["contract"], "the contract"))
        systems = {one["id"]: one["scope"]["systems"] for one in contract["provisions"]}
        for slot in record["slots"]:
            owed = all(slot["workload"] in systems.get(name, []) for name in slot["obligations"])
            refuse_unless(owed, f"slot {slot['id']}: the agreement does not owe that")
        note = self.history.schedule(leaf, record, self.times)
        self.notes += [note] if note else []

    def _close(self, leaf, record):
        begins, ends = instant(record["period"]["begins"]), instant(record["period"]["ends"])
        latest = self.times.latest(leaf.index)
        if not (self.asked[0] <= begins and ends <= self.asked[1]):
            self.history.closes.append(record)
            self.notes.append(f"the count of the period {record['period']['id']} was not checked")
            return
        refuse_unless(latest is None or latest >= ends, "close: it was logged before its period was over")
        self.history.close(leaf, record, {record["size"]: self._root(record["size"])}, self.whole)

    def _result(self, leaf, envelope, index):
        record = envelope.of("restore-drill")["record"]
        begun = self.history.start_of(leaf.index, record)
        if begun is None:
            self.missing.append(
                f"entry {leaf.index} is the result of a drill whose start is not in the log before it"
            )
        agreed = [one for one in self.history.registers if begun and one[0] < begun["index"]]
        drill = Drill(self.files, self.known, envelope, begun, self.trust)
        drill.check(agreed[-1][2]["contract"] if agreed else None)
        refuse_unless(drill.register["agreement"]["id"] == index["agreement"], "result: of another agreement")
        self._timely(drill, leaf.index, begun)
        if begun and begun["voided"] is not None:
            self.missing.append(f"drill {begun['drill']} was voided and has a result")
        if begun:
            begun["results"].append((leaf.index, [one["verdict"] for one in drill.said["obligations"]]))
        self.results += 1

    def _timely(self, drill, index, begun):
        """Times that others' clocks contradict are refused; a drill outside of its slot is missing."""
        starts = [] if begun is None else [(drill.began - PLANNING, begun["index"])]
        for at, where in (*starts, (drill.ended, index)):
            latest = self.times.latest(where)
            refuse_unless(
                latest is None or latest >= at - MINUTE,
                f"entry {where} was in the log before it can have been",
            )
        self._stamped_by(index, drill.ended)
        if begun is None:
            return
        self._stamped_by(begun["index"], drill.restored())
        if drill.fresh:
            self.times.learn(begun["index"], max(drill.fresh))
        earliest, slot = self.times.earliest(begun["index"]), begun["planned"]
        refuse_unless(
            earliest is None or earliest <= drill.ended + MINUTE,
            f"entry {begun['index']} was not in the log when the drill is said to have been over",
        )
        if slot and not slot["opens"] <= drill.began < slot["closes"]:
            self.missing.append(f"drill {begun['drill']} was declared outside of its slot's window")

    def _stamped_by(self, index, at):
        """If stamps are demanded: somebody who is trusted stamped the entry, and not too long after `at`."""
        if self.stamped is not None:
            within, count = self.stamped
            latest = self.times.latest_of(index, count)
            few = "no time authority" if count == 1 else f"fewer than {count} time authorities"
            refuse_unless(latest is not None, f"entry {index}: {few} that you trust stamped it")
            late = at is not None and latest - at > within
            refuse_unless(not late, f"entry {index}: it was stamped too late, at {latest}")


def calendar_period(name):
    """The year, quarter or month of that name."""
    found = re.fullmatch(r"((?:19|20)\d\d)(?:Q([1-4])|-(0[1-9]|1[0-2]))?", name, re.ASCII)
    if found is None:
        return None
    first, length = (3 * int(found[2]) - 2, 3) if found[2] else (int(found[3]), 1) if found[3] else (1, 12)
    begins = datetime(int(found[1]), first, 1, tzinfo=UTC)
    return begins, shifted(begins, length)


def duration(text):
    """A span such as 90s, 15m, 1h30m: the largest unit first."""
    found = re.fullmatch(
        r"(?=\d)(\d{1,9}w)?(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?", text, re.ASCII
    )
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90s, 15m or 4h")
    units = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
    counts = [int((part or "0").rstrip("wdhms")) for part in found.groups()]
    try:
        span = timedelta(**dict(zip(units, counts, strict=True)))
    except OverflowError:
        span = timedelta.max
    if span > timedelta(days=36525):
        raise argparse.ArgumentTypeError(f"{text!r} is longer than a hundred years")
    return span


def number(text):
    """From 1 to 99."""
    if re.fullmatch(r"0*[1-9]\d?", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 99")
    return int(text)


def demanded(args, trust):
    """How late time stamps may be, and of how many authorities; None when none are asked for."""
    if not args.stamped:
        return None
    if not trust.authorities:
        raise Mistaken("--stamped needs a time authority in what --trust names")
    count = 1 if args.by is None else args.by
    if count > len(trust.authorities):
        raise Mistaken(f"--by {count}: what --trust names has {len(trust.authorities)} time authorities")
    return MINUTE if args.within is None else args.within, count


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], epilog="See the beginning of this file."
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--trust", required=True, help="trust file, root directory, or sha256:HEX of the pinned root"
    )
    parser.add_argument("--have", type=Path, action="append", default=[], metavar="CHECKPOINT")
    parser.add_argument("--at", help="judge as of this time (UTC, 2027-01-31T00:00:00Z); default: now")
    parser.add_argument(
        "--stamped", action="store_true", help="refuse it unless all drills were stamped in time"
    )
    parser.add_argument(
        "--within", type=duration, metavar="DURATION", help="how late these stamps may be (default: 1m)"
    )
    parser.add_argument(
        "--by", type=number, metavar="N", help="how many different authorities must have (default: 1)"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.within is not None and not args.stamped:
        parser.error("--within says how late the stamps may be that --stamped asks for: give both")
    if args.by is not None and not args.stamped:
        parser.error("--by says how many must have stamped what --stamped asks for: give both")
    try:
        at = instant(args.at, "--at") if args.at else datetime.now(UTC)
        held = [Checkpoint(path.read_bytes(), str(path)) for path in args.have]
        opened = args.bundle.exists()
    except (Refused, OSError) as error:
        parser.error(str(error))
    if not opened:
        parser.error(f"{args.bundle}: there is no bundle")
    return report(args, held, at)


def report(args, held, at):
    """Run the audit and say what came of it."""
    audit, why = None, ""
    try:
        files = Files(args.bundle)
        trust = trust_of(args.trust, files, at)
        audit = Audit(files, trust, held, at, demanded(args, trust))
        audit.run()
    except Refused as error:
        why = str(error)
    except MALFORMED as error:
        why = f"something in it is not of the form that it must have ({type(error).__name__}: {error})"
    except (OSError, Mistaken) as error:
        print(f"check_bundle: {error}", file=sys.stderr)
        return 2
    missing, notes = ([], []) if why or audit is None else (audit.missing, audit.notes)
    code = 12 if why else 11 if missing else 0
    if args.json:
        print(json.dumps({"exit": code, "refused": why, "missing": missing, "notes": notes}, indent=2))
        return code
    if why:
        print(f"The bundle DOES NOT HOLD: {why}")
        return code
    print(f"The bundle holds: {len(audit.leaves)} entries, {audit.results} results checked.")
    print(f"{len(missing)} drills are missing or repeated." if missing else "No drill is missing.")
    for text in missing:
        print(f"  - {text}")
    for text in sorted(set(notes)):
        print(f"  note: {text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
