"""Messages to people by mail, webhook, ntfy and whatever else apprise knows; and the dead man's switch.

Addresses hold tokens and passwords: none of them is ever part of an error or a log.
"""

import logging
from urllib.error import URLError
from urllib.request import Request, urlopen

from apprise import Apprise, NotifyType

from drverify.errors import HostError, InputError
from drverify.model.alarm import Message

WITHIN_S = 20


class AppriseTarget:
    """Sends messages to one address."""

    def __init__(self, called: str, address: str) -> None:
        """`called` is what errors call it. InputError for an address that apprise does not know."""
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would name the address
        self._called, self._target = called, Apprise()
        if not self._target.add(address):
            raise InputError(
                f"{called} leads to an address that nothing can be sent to (it is not shown)",
                hint="write it as apprise does: mailtos://..., json://..., ntfy://...",
            )

    def send(self, message: Message) -> None:
        """Send one message; HostError when it was not taken."""
        if not self._target.notify(title=message.title, body=message.body, notify_type=NotifyType.WARNING):
            raise HostError(f"the message was not taken by {self._called}", hint="see operation.notify")


def still_alive(address: str) -> None:
    """Ask the address of a dead man's switch: it alarms when nobody does. HostError without a 2xx answer."""
    if not address.startswith(("https://", "http://")):
        raise InputError("operation.notify.alive_url leads to no http address (it is not shown)")
    try:
        with urlopen(Request(address, method="GET"), timeout=WITHIN_S) as answer:  # noqa: S310 - see above
            status = answer.status
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise HostError(f"operation.notify.alive_url does not answer: {reason}") from None
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
        raise HostError(f"operation.notify.alive_url answers with {status}")
