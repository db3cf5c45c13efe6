"""How everything in an annex is checked by hand: the commands as they are typed, for whoever reads it."""

from drverify.annex.model import Command

_EVERYTHING = (
    "Everything, offline, trusting only a root and checkpoints of the log that you hold yourself: every "
    "figure and verdict of this annex is computed again from what was recorded"
)
_BY_HAND = (
    "One signed statement without drverify, in the bundle's directory: DIGEST stands beside the drill in "
    "this annex, runner.pem is the public key whose id stands above"
)
_ONE_STATEMENT = (
    "while read -r line; do",
    '  sum=$(printf %s "$line" | jq -j .payload | base64 -d | sha256sum | cut -c -64)',
    '  [ "$sum" != DIGEST ] || printf "%s" "$line" > one.dsse.json',
    "done < envelopes.intoto.jsonl",
    "jq -j .payload one.dsse.json | base64 -d > payload.json",
    "jq -j .signatures[0].sig one.dsse.json | base64 -d > payload.sig",
    "printf 'DSSEv1 28 application/vnd.in-toto+json %d ' \"$(stat -c %s payload.json)\" > signed.bin",
    "cat payload.json >> signed.bin",
    "openssl pkeyutl -verify -pubin -inkey runner.pem -rawin -in signed.bin -sigfile payload.sig",
)


def commands(*, logged: bool) -> tuple[Command, ...]:
    """What to type; `logged`: whether there is a log, and so a bundle."""
    bundle = (
        Command(
            what=_EVERYTHING,
            lines=("drverify audit BUNDLE --trust ROOT --have CHECKPOINT",),
        ),
        Command(
            what=_BY_HAND,
            lines=_ONE_STATEMENT,
        ),
    )
    one = Command(
        what="One drill in its own directory, every figure and verdict computed again",
        lines=("drverify verify DRILL --trust TRUSTFILE",),
    )
    return (*bundle, one) if logged else (one,)
