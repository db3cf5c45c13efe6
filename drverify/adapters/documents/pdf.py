"""PDF -> canonical text, in a process of its own.

pdfium is C++ and may crash or loop on a hostile file; there is no way to stop it from within. So a child
process reads the bytes under limits of memory and time, and this module turns whatever happens to it into
a result or an InputError. It costs about a quarter of a second.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import drverify
from drverify.adapters.documents.canvas import Draft
from drverify.errors import InputError
from drverify.model.document import Remark

WITHIN_S = 120.0
"""A thousand pages take about fifteen seconds."""

_ADVICE = "open it in another program and print it to a new PDF, or give the agreement as .docx or text"


def drafts_of(
    data: bytes, name: str, progress: Callable[[int, int | None], None] | None
) -> tuple[list[Draft], tuple[Remark, ...], int]:
    """The drafts of a PDF, what is to be remarked, and its number of pages. Raises InputError."""
    root = Path(drverify.__file__).parents[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "drverify.adapters.documents.pdf_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)]), "PATH": "/usr/bin:/bin"},
    )
    timer = threading.Timer(WITHIN_S, child.kill)
    timer.start()
    try:
        answer = _talk(child, data, progress)
    finally:
        late = not timer.is_alive()
        timer.cancel()
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
    if answer is None:
        what = f"reading it took longer than {WITHIN_S:.0f} s" if late else "the PDF library broke down on it"
        raise InputError(f"{name}: {what}", hint=_ADVICE)
    if "refused" in answer:
        raise InputError(f"{name}: {answer['refused']}", hint=answer.get("hint") or _ADVICE)
    drafts = [Draft(**{**draft, "cells": tuple(draft["cells"])}) for draft in answer["drafts"]]
    return drafts, tuple(Remark(**remark) for remark in answer["remarks"]), int(answer["pages"])


def _talk(
    child: "subprocess.Popen[bytes]", data: bytes, progress: Callable[[int, int | None], None] | None
) -> dict[str, Any] | None:
    """Send the bytes, follow the pages, take the answer; None if the child died without one."""
    stdin, stdout = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    with contextlib.suppress(BrokenPipeError):
        stdin.write(data)
        stdin.close()
    for line in stdout:
        told = json.loads(line)
        if isinstance(told, dict):
            return told
        if progress is not None:
            progress(told[0], told[1])
    return None
