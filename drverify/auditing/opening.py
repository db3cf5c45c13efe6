"""The index of a bundle, and the files that no log binds. Pure."""

from collections.abc import Collection

from drverify.auditing import layout
from drverify.auditing.bundle import Bundle
from drverify.auditing.findings import Findings
from drverify.auditing.log import AuditedLog
from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.records import Period
from drverify.planning.period import period_of
from drverify.sealing import codec


def read_index(bundle: Bundle) -> layout.Index:
    """Read `bundle.json`; EvidenceError for anything but its one form."""
    content = bundle.read(layout.INDEX, layout.LARGEST_INDEX)
    index = codec.decode(content, layout.Index, what=layout.INDEX)
    paths = [one.path for one in index.files]
    if paths != sorted(set(paths)) or not all(map(layout.is_listed, paths)):
        raise EvidenceError(f"{layout.INDEX}: it does not list each file once, in order")
    if index.period.begins >= index.period.ends:
        raise EvidenceError(f"{layout.INDEX}: its period ends before it begins")
    return index


def check_index(index: layout.Index, log: AuditedLog, findings: Findings) -> None:
    """Hold what the index says of the log against the signed one."""
    stated = log.stated
    if (index.origin, index.size) != (stated.origin, stated.size):
        findings.add(
            "other-log",
            f"it is about {index.size} entries of {index.origin}, "
            f"and there are {stated.size} of {stated.origin}",
            layout.INDEX,
        )


def check_period(index: layout.Index, scheduled: Collection[Period], findings: Findings) -> None:
    """The period has to be the calendar's of its name, or one that is scheduled or closed in the log."""
    if index.period in scheduled:
        return
    try:
        calendar = period_of(index.period.id)
    except InputError:
        calendar = None
    if calendar != index.period:
        what = f"{index.period.id} is no period that was scheduled, and does not begin and end so"
        findings.add("other-log", what, layout.INDEX)


def check_files(bundle: Bundle, index: layout.Index, findings: Findings) -> None:
    """Compare every listed file with what the index says of it."""
    for one in index.files:
        with findings.refusing("unreadable", one.path):
            found = bundle.measure(one.path, layout.LARGEST_FILE)
            if found != (one.sha256, one.size_bytes):
                findings.add("changed-file", where=one.path)


def check_extras(index: layout.Index, logged: Collection[Sha256], findings: Findings) -> None:
    """Say which files beside the chain the log binds, `logged` by their digests, and which nothing does."""
    extras = [one for one in index.files if layout.is_extra(one.path)]
    unsigned = [one.path for one in extras if one.sha256 not in logged]
    if len(unsigned) < len(extras):
        bound = ", ".join(one.path for one in extras if one.sha256 in logged)
        findings.hold(f"the log holds the digests of {bound}")
    if unsigned:
        findings.add("unsigned-files", f"{len(unsigned)} files: {', '.join(unsigned)}", layout.INDEX)


def check_unread(bundle: Bundle, findings: Findings, *, most: int = 20) -> None:
    """Refuse what nobody has asked for: it has no place in the bundle."""
    count = 0
    for count, name in enumerate(bundle.unread(), start=1):
        if count <= most:
            findings.add("unknown-file", where=name)
    if count > most:
        findings.add("unknown-file", f"and {count - most} more files that nothing names")
