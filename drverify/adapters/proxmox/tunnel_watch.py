"""What came through the tunnel, by count and by sender: pure.

A drill bridge with nothing on it is silent. So every frame before the guest starts shows that somebody
else is there, and afterwards one from a card that is neither the guest's nor made up within a guest.
"""

from collections.abc import Iterable

from drverify.model.drill import Counter, IsolationCheck

REMEMBERED = 32
"""Senders that are kept apart."""
_LOCAL = 0x02
_SHARED = bytes.fromhex("00005e0001")
"""Card addresses of VRRP (RFC 5798, 7.3): a guest with a virtual router answers with one."""
_HEADER = 14


class FrameWatch:
    """Counts frames; told when the guest starts."""

    def __init__(self) -> None:
        self.went = 0
        """Frames towards the node."""
        self.received = 0
        """Frames from the node."""
        self.dropped = 0
        """Frames that could not be carried on, either way."""
        self._cards: frozenset[bytes] = frozenset()
        self._expected = False
        self._early: dict[bytes, int] = {}
        self._strangers: dict[bytes, int] = {}

    def expect(self, cards: Iterable[str]) -> None:
        """From now on the guest with these cards may be there, besides any that was told of before."""
        self._cards |= frozenset(bytes.fromhex(card.replace(":", "")) for card in cards)
        self._expected = True

    def came(self, frame: bytes) -> None:
        """Look at one frame from the node."""
        self.received += 1
        if len(frame) < _HEADER:
            return
        sender = frame[6:12]
        if not self._expected:
            _count(self._early, sender)
        elif not self._is_guests(sender):
            _count(self._strangers, sender)

    def admits(self, card: str) -> bool:
        """Whether an answer from this card address may be the guest's."""
        try:
            return self._expected and self._is_guests(bytes.fromhex(card.replace(":", "")))
        except ValueError:
            return False

    def checks(self) -> tuple[IsolationCheck, ...]:
        """Judge what came so far."""
        return (
            _check(
                "drill-bridge-silent",
                self._early,
                "before the guest was started somebody else spoke on the drill bridge (the node does, if it "
                "has an IPv6 address there): {}",
                "nothing was heard before the guest was started",
            ),
            _check(
                "drill-bridge-strangers",
                self._strangers,
                "cards that are not the guest's speak on the drill bridge: {}",
                "nobody but the guest was heard",
            ),
        )

    def counters(self) -> tuple[Counter, ...]:
        """Count what passed."""
        return (
            Counter(name="tunnel_from_node", value=self.received),
            Counter(name="tunnel_to_node", value=self.went),
            Counter(name="tunnel_dropped", value=self.dropped),
        )

    def _is_guests(self, sender: bytes) -> bool:
        """The guest's own cards, and those that software within it makes up: locally administered, shared."""
        return sender in self._cards or bool(sender[:1] and sender[0] & _LOCAL) or sender.startswith(_SHARED)


def _count(seen: dict[bytes, int], sender: bytes) -> None:
    if sender in seen or len(seen) < REMEMBERED:
        seen[sender] = seen.get(sender, 0) + 1


def _check(name: str, seen: dict[bytes, int], open_text: str, closed_text: str) -> IsolationCheck:
    if not seen:
        return IsolationCheck(name=name, closed=True, detail=closed_text)
    senders = ", ".join(f"{sender.hex(':')} ({count} frames)" for sender, count in sorted(seen.items()))
    return IsolationCheck(name=name, closed=False, detail=open_text.format(senders))
