"""Asks a booted guest for the drill's challenge, the way the application's own probes ask.

The guest reads its hardware's SMBIOS tables: whoever started it wrote them. What it says is looked through
for a challenge and believed in nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

from drverify.engine.drills.probing import Probing
from drverify.engine.ports import Blob, Planted, Reading
from drverify.model.challenge import PREFIX, ChallengeAnswer, ChallengeStatus
from drverify.model.drill import Artefact
from drverify.model.playbook import Access, Playbook, access_of

WHOLE = "/sys/firmware/dmi/tables/DMI"
TABLES = (WHOLE, "/sys/class/dmi/id/product_family")
"""Where Linux shows them: whole, for root alone; and what everybody may read of the part that Proxmox VE
lets us write. Source: Documentation/ABI/testing/sysfs-firmware-dmi-tables and sysfs-class-dmi of Linux."""
WITHIN = timedelta(seconds=10)
WAYS = 4
"""Ways into the guest that are tried, at most."""
NAME = "challenge.txt"
_FOUND = re.compile(rb"%s([0-9a-f]{64})(?![0-9a-f])" % re.escape(PREFIX.encode()))


def without_guest(*, boots: bool) -> ChallengeAnswer:
    """What is said before a guest was asked, and stays when it never comes to that."""
    if not boots:
        return ChallengeAnswer(status=ChallengeStatus.NOT_APPLICABLE, why="files are read, not started")
    return ChallengeAnswer(
        status=ChallengeStatus.NOT_ASKED, why="the drill ended before its probes had passed"
    )


def unasked(planted: Planted) -> ChallengeAnswer:
    """What is said as soon as it is known whether the guest is given its challenge."""
    if planted.medium:
        return replace(without_guest(boots=True), medium=planted.medium)
    status = ChallengeStatus.NOT_ASKED if planted.possible else ChallengeStatus.NOT_APPLICABLE
    return ChallengeAnswer(status=status, why=planted.why_not)


def ways(playbook: Playbook) -> tuple[Access, ...]:
    """The ways into the guest that its probes use, in their order, and the agent."""
    found = [access for probe in playbook.probes if (access := access_of(probe)) is not None]
    agent = Access(via="agent")
    named = [one if one.via == "ssh" else agent for one in found]
    return tuple(dict.fromkeys((*named, agent)))[:WAYS]


async def ask_back(
    challenge: str,
    playbook: Playbook,
    planted: Planted,
    probing: Probing,
    *,
    offset: Callable[[], timedelta],
    keep: Callable[[Blob], Artefact],
) -> ChallengeAnswer:
    """Ask one way after the other until the guest has shown its tables; nothing that it does is raised."""
    answer, heard, silent = unasked(planted), b"", set[Access]()
    for access, table in product(ways(playbook), TABLES) if planted.medium else ():
        if access in silent:
            continue
        asked = offset()
        reading = await probing.read(access, ("cat", table), within=WITHIN)
        heard += reading.transcript
        answer = replace(
            _judged(challenge, reading, is_whole=table == WHOLE),
            medium=planted.medium,
            channel=told(access),
            asked=asked,
        )
        if answer.status is not ChallengeStatus.UNANSWERED:
            break
        if reading.exit_code is None:
            silent.add(access)
    if not heard:
        return answer
    kept = keep(Blob(name=NAME, media_type="text/plain", content=heard))
    return replace(answer, transcript=kept.sha256)


def told(access: Access) -> str:
    """A way into the guest in words."""
    return "agent" if access.via == "agent" else f"ssh {access.user}@{access.address}:{access.port}"


def _judged(challenge: str, reading: Reading, *, is_whole: bool) -> ChallengeAnswer:
    """What a guest showed of its tables; one that showed a part of them may have it in the rest."""
    found = {one.decode() for one in _FOUND.findall(reading.output)}
    if found == {challenge}:
        return ChallengeAnswer(status=ChallengeStatus.RETURNED, observed=challenge)
    if others := sorted(found - {challenge}):
        return ChallengeAnswer(
            status=ChallengeStatus.WRONG, observed=others[0], why="it was started with another challenge"
        )
    if is_whole and reading.exit_code == 0:
        return ChallengeAnswer(
            status=ChallengeStatus.WRONG, why="it was started without one: its tables hold no challenge"
        )
    why = reading.why or f"the guest did not show its tables (exit {reading.exit_code})"
    return ChallengeAnswer(status=ChallengeStatus.UNANSWERED, why=why)
