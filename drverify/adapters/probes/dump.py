"""Does a dump of a PostgreSQL database load into a server of the agreed version, and answer there.

The dump lies among restored files, which are hostile: it is opened as `restored.opened` opens files, and
loaded by `dump_child.py`, which can reach nothing.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.dump_errors import of_archive, of_load, of_query
from drverify.adapters.probes.dump_header import HEAD, TAIL, DumpHeader, major, read_header, spelled
from drverify.adapters.probes.dump_server import Job, loaded, programs_of
from drverify.adapters.probes.matching import meets
from drverify.adapters.probes.restored import opened
from drverify.adapters.probes.transcript import one_line
from drverify.engine.filesets import FileScope
from drverify.errors import HarnessError, HostError
from drverify.model.playbook import DumpProbe

NULL = "\x1e"
"""What the child writes for a value that is NULL."""


async def ask(spec: DumpProbe, asking: Asking) -> Finding:
    """Load it and ask."""
    scope = asking.scope
    if not isinstance(scope, FileScope) or scope.files is None:
        raise HarnessError("this probe looks at restored files, and this drill restores a machine")
    base = os.path.realpath(os.fsencode(scope.files))
    place = os.fsencode(spec.path).strip(b"/")
    directory = _is_directory(base, place)
    dump = opened(base, place + b"/toc.dat" if directory else place)
    if isinstance(dump, str):
        return failed(f"{spec.path}: {dump}")
    try:
        header = await asyncio.to_thread(_header, dump, directory=directory)
        asking.transcript.say(
            f"{spec.path}: {header.form} format, of PostgreSQL {header.dumped_from or '(not said)'}, "
            f"by pg_dump {header.dumped_by or '(not said)'}"
        )
        if wrong := _wrong(header, spec):
            return failed(wrong)
        programs = programs_of(spec.server)
        work = scope.directory / f"dump-{secrets.token_hex(4)}"
        await asyncio.to_thread(work.mkdir, mode=0o700)
        size = await asyncio.to_thread(_put, base, place, work) if directory else os.fstat(dump).st_size
        job = Job(programs=programs, form=header.form, dump=dump, size=size, query=spec.query, work=work)
        return await _judged(await loaded(job, scope.ledger), spec, asking)
    finally:
        os.close(dump)


def _is_directory(base: bytes, place: bytes) -> bool:
    real = os.path.realpath(os.path.join(base, place))  # noqa: PTH118 - bytes
    return os.path.isdir(real) and os.path.commonpath([base, real]) == base  # noqa: PTH112


def _header(dump: int, *, directory: bool) -> DumpHeader:
    size = os.fstat(dump).st_size
    head, tail = os.pread(dump, HEAD, 0), os.pread(dump, TAIL, max(0, size - TAIL))
    return read_header(head, tail, directory=directory)


def _wrong(header: DumpHeader, spec: DumpProbe) -> str:
    """What shows before anything is loaded. HostError for a dump that we do not unpack."""
    if header.packed:
        raise HostError(
            f"{spec.path} is packed with {header.packed}, which this probe does not unpack",
            hint="back dumps up as pg_dump writes them: its own formats are compressed already",
        )
    if header.wrong:
        return f"{spec.path}: {header.wrong}"
    if header.dumped_from and major(header.dumped_from) > major(spec.server):
        return (
            f"{spec.path}: a dump of another version: of PostgreSQL {spelled(header.dumped_from)}, "
            f"which is newer than the agreed {spec.server}"
        )
    if header.unsupported:
        raise HostError(
            f"{spec.path} is {header.unsupported}, which this probe does not load",
            hint="back one database up with pg_dump without -C, or load the dump in a drill of the machine",
        )
    return ""


def _put(base: bytes, place: bytes, work: Path) -> int:
    """Copy a dump in directory format to where the server's user can read it; its size in bytes."""
    folder = work / "dump"
    folder.mkdir()
    size = 0
    for name in os.listdir(os.path.join(base, place)):  # noqa: PTH118, PTH208 - bytes
        file = opened(base, os.path.join(place, name))  # noqa: PTH118
        if isinstance(file, str):
            continue
        with os.fdopen(file, "rb") as source, (folder / os.fsdecode(name)).open("xb") as copy:
            size += os.fstat(source.fileno()).st_size
            shutil.copyfileobj(source, copy)
    return size


async def _judged(said: Mapping[str, Any], spec: DumpProbe, asking: Asking) -> Finding:
    errors = [(str(state), str(text)) for state, text in said.get("errors", [])]
    asking.transcript.hear("\n".join(f"{state}: {text}" for state, text in errors))
    asking.transcript.hear(str(said.get("error", "")))
    match said["step"]:
        case "server":
            raise HostError(
                f"the throw-away PostgreSQL did not start: {one_line(str(said.get('error')), 200)}"
            )
        case "size":
            raise HostError("the dump takes more room than this probe gives it")
        case "archive":
            killed = said.get("killed") is True
            return failed(f"{spec.path}: {of_archive(str(said.get('error', '')), errors, killed=killed)}")
        case "load" if not errors:
            raise HostError(f"loading the dump broke off: {one_line(str(said.get('error')), 100)}")
    if errors:
        return failed(f"{spec.path}: {of_load(errors)}")
    if "failed" in said:
        return failed(f"loaded, and {of_query(str(said.get('state')), str(said['failed']))}")
    rows = [str(one) for one in said.get("rows", [])]
    if said.get("none") or len(rows) != 1:
        return failed(f"loaded; expected one row, found {'none' if said.get('none') else 'more than one'}")
    value = None if rows[0] == NULL else rows[0]
    shown = "NULL" if value is None else one_line(value, 100)
    where = f"{shown}, loaded into PostgreSQL {spec.server}"
    return passed(where) if await meets(value, spec.expect) else failed(where)
