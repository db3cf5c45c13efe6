"""Answers of POST /nodes/{node}/storage/{storage}/upload: a file of a client's goes into a storage.

The worker checks and copies what the daemon has received already, so a file is on the node twice for a while.
"""

import asyncio
import hashlib
import re
import shutil
from pathlib import Path

from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import failed, wrong
from lab.pve.api.work import Work
from lab.pve.api.world import Call
from lab.pve.seam import TakeError

_ENDS = {
    "iso": r"[^/]+\.(?:iso|img)",
    "vztmpl": r"[^/]+\.tar\.(?:gz|xz|zst|bz2)",
    "import": r"[a-zA-Z0-9_.+=-]+\.(?:ova|qcow2|raw|vmdk)",
}
"""File names by content type."""
BLOCK = 1 << 20


@answers("POST /nodes/{node}/storage/{storage}/upload")
async def upload(call: Call) -> str:
    """Let a worker place the file; one of that name which is there already is overwritten."""
    values, world = call.values, call.world
    storage = world.storages.get(call.names["storage"], call.node)
    if not storage.filed:
        raise failed(f"can't upload to storage type '{storage.type}'")
    name = re.sub(r"[^-a-zA-Z0-9_.]", "_", Path(values["filename"].replace("\\", "/")).name)
    content = values["content"]
    if re.fullmatch(_ENDS[content], name) is None:
        said = "invalid filename or wrong extension" if content == "import" else "wrong file extension"
        raise wrong({"filename": said})
    if ("checksum" in values) != ("checksum-algorithm" in values):
        raise wrong({"checksum": "missing property 'checksum' or 'checksum-algorithm'"})
    if content not in storage.content:
        raise failed(f"storage '{storage.id}' does not support '{content}' content")
    world.storages.online(storage.id, call.node)
    target = world.storages.path(f"{storage.id}:{content}/{name}", call.node)

    received = Path(values["tmpfilename"])
    received = received.rename(received.with_suffix(".taken"))  # the worker's from here on

    async def job(work: Work) -> None:
        try:
            await _placed(call, received, target, work)
        finally:
            received.unlink(missing_ok=True)

    return world.tasks.spawn(call.node, "imgcopy", "", call.caller, job)


async def _placed(call: Call, received: Path, target: Path, work: Work) -> None:
    work.log(f"starting file import from: {received}")
    if "checksum" in call.values:
        await _check_sum(received, call.values["checksum-algorithm"], call.values["checksum"], work)
    size = received.stat().st_size
    if call.values["content"] == "import":
        try:
            await call.world.muscle(call.node).probe(received, target.suffix.lstrip("."))
        except TakeError as error:
            raise failed(str(error)) from error
    for line in (
        f"target node: {call.node}",
        f"target file: {target}",
        f"file size is: {size}",
        f"command: cp -- {received} {target}",
    ):
        work.log(line)
    await work.check()
    target.parent.mkdir(parents=True, exist_ok=True)
    storage = call.world.storages.online(call.names["storage"], call.node)
    if size > call.world.storages.room(storage, call.node):
        work.log(f"cp: error writing '{target}': No space left on device")
        raise failed("import failed: exit code 1")
    try:
        await asyncio.to_thread(shutil.copyfile, received, target)
        await work.check()
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    work.log("finished file import successfully")


async def _check_sum(received: Path, algorithm: str, wanted: str, work: Work) -> None:
    def work_out() -> str:
        with received.open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest()

    work.log("calculating checksum...")
    found = await asyncio.to_thread(work_out)
    if found != wanted.lower():
        raise failed(f"checksum mismatch: got '{found}' != expect '{wanted}'")
    work.log("OK, checksum verified")
