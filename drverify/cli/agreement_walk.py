"""The walk through what was read: shows one provision after the other and takes the decisions."""

from collections.abc import Callable, Mapping

from rich.console import Console

from drverify.agreements.decisions import CHOICES, FIELDS, decide, shown
from drverify.agreements.proposals import Opened
from drverify.errors import InputError
from drverify.model.contract import Contract, Provision, ProvisionId
from drverify.model.decision import Decision
from drverify.model.slots import SLOTS
from drverify.report.agreement.beside import show
from drverify.report.agreement.words import clean

QUESTION = "a accept · c correct · r reject · s skip · b back · q quit > "
Ask = Callable[[str], str]


class Walk:
    """Goes through the provisions that were open when it began; keeps every decision at once."""

    def __init__(
        self, opened: Opened, *, console: Console, ask: Ask, keep: Callable[[Contract], None]
    ) -> None:
        self.contract = opened.contract
        self._texts = opened.texts
        self._console = console
        self._ask = ask
        self._keep = keep
        self._ids = [one.id for one in opened.contract.provisions if one.review == "open"]

    def go(self) -> Contract:
        """Walk until all were shown, `q`, or the end of the input."""
        at = 0
        while 0 <= at < len(self._ids):
            try:
                step = self._stop_at(at)
            except EOFError:
                break
            if step is None:
                break
            at = max(0, at + step)
        return self.contract

    def _stop_at(self, at: int) -> int | None:
        """Show one provision and take a key: how far to go on, None to quit."""
        one = self._provision(self._ids[at])
        text = self._texts.get(one.citation.document)
        head = f"{at + 1} of {len(self._ids)}: {clean(one.id)}"
        show(self._console, self.contract, one, text, head=head)
        actions: Mapping[str, Callable[[Provision], bool]] = {
            "a": self._accept,
            "c": self._correct,
            "r": self._reject,
        }
        while True:
            key = self._ask(QUESTION).strip().lower()[:1]
            if key == "q":
                return None
            if key in {"s", "b"}:
                return 1 if key == "s" else -1
            if key in actions and actions[key](one):
                return 1

    def _provision(self, name: ProvisionId) -> Provision:
        return next(one for one in self.contract.provisions if one.id == name)

    def _accept(self, one: Provision) -> bool:
        return self._decide(Decision(id=one.id, verdict="accept"))

    def _reject(self, one: Provision) -> bool:
        reason = self._ask("why is it no such provision (empty: do not reject)? ").strip()
        return bool(reason) and self._decide(Decision(id=one.id, verdict="reject", reason=reason))

    def _correct(self, one: Provision) -> bool:
        """Field by field until an empty answer; nothing is kept unless a field was changed."""
        changes: dict[str, str] = {}
        trial = self.contract
        self._say(f"fields: {', '.join(_fields(one))}")
        while name := self._ask("field (empty: done)? ").strip():
            try:
                now = _now(_of(trial, one.id), name)
                value = self._ask(f"{name} is {clean(now)!r}{_choices(one, name)}; new value? ").strip()
                if value:
                    change = Decision(id=one.id, verdict="correct", changes=((name, value),))
                    trial = decide(trial, change)
                    changes[name] = value
            except InputError as error:
                self._complain(error)
        if not changes:
            return False
        reason = self._ask("reason (may be empty)? ").strip()
        return self._decide(
            Decision(id=one.id, verdict="correct", changes=tuple(changes.items()), reason=reason)
        )

    def _decide(self, decision: Decision) -> bool:
        try:
            self.contract = decide(self.contract, decision)
        except InputError as error:
            self._complain(error)
            return False
        self._keep(self.contract)
        return True

    def _complain(self, error: InputError) -> None:
        self._console.print(clean(str(error)), style="red", markup=False)
        if error.hint:
            self._say(f"  -> {error.hint}")

    def _say(self, words: str) -> None:
        self._console.print(clean(words), style="dim", markup=False, highlight=False)


def _of(contract: Contract, name: ProvisionId) -> Provision:
    return next(one for one in contract.provisions if one.id == name)


def _now(one: Provision, name: str) -> str:
    """What a field holds. InputError when there is no such field."""
    if name not in _fields(one):
        raise InputError(f"there is no field {name!r}; there are {', '.join(_fields(one))}")
    return shown(one, name)


def _fields(one: Provision) -> tuple[str, ...]:
    own = tuple(f"slot.{name}" for name in SLOTS[one.kind])
    return (*(name for name in FIELDS if name != "slot.NAME"), *own)


def _choices(one: Provision, name: str) -> str:
    taken = CHOICES.get(name) or SLOTS[one.kind].get(name.removeprefix("slot."), ())
    if name == "figure":
        return " (such as <= 4 hour, or none)"
    return f" ({', '.join(taken)})" if taken and len(taken) <= 12 else ""  # noqa: PLR2004 - one line


def left(contract: Contract) -> int:
    """How many provisions nobody decided about."""
    return sum(one.review == "open" for one in contract.provisions)
