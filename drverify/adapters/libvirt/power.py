"""Switches a guest off in order, as its operator would."""

import asyncio
from datetime import timedelta

from drverify.adapters.libvirt.calls import AgentRefused, NotRunning
from drverify.adapters.libvirt.domain import Domain
from drverify.errors import HostError

AGAIN = timedelta(seconds=20)
"""A system that is still busy with starting may not notice the first time."""
_LOOK = timedelta(milliseconds=500)
_AGENT = timedelta(seconds=2)
_OFF = '{"execute": "guest-shutdown", "arguments": {"mode": "powerdown"}}'


async def switched_off(domain: Domain, within: timedelta) -> None:
    """Ask until it is off: the agent first, then the power button, in turns.

    HostError when it is not off within that time, or somebody else stopped it.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            while not await _off_after(domain, AGAIN, by_agent=True):
                if await _off_after(domain, AGAIN, by_agent=False):
                    return
    except TimeoutError as error:
        raise HostError(
            f"the guest did not switch itself off within {within.total_seconds():.0f} s",
            hint="see what its screen showed, in the evidence",
        ) from error


async def _off_after(domain: Domain, span: timedelta, *, by_agent: bool) -> bool:
    """Ask once, and say whether it was off within the span."""
    try:
        if by_agent:
            await domain.agent(_OFF, _AGENT)  # which does not answer to this
        else:
            await domain.press_power()
    except (AgentRefused, NotRunning):
        if by_agent and await _is_on(domain):
            return False
    try:
        async with asyncio.timeout(span.total_seconds()):
            while await _is_on(domain):  # noqa: ASYNC110 - libvirt is asked again
                await asyncio.sleep(_LOOK.total_seconds())
    except TimeoutError:
        return False
    return True


async def _is_on(domain: Domain) -> bool:
    pulse = await domain.pulse()
    if pulse.stopped:
        raise HostError(pulse.stopped, hint="nobody else may touch a sandbox's guest")
    return pulse.running
