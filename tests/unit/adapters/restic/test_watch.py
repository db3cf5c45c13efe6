"""How long a restore that does not move is waited for."""

from drverify.adapters.restic.watch import Patience


def test_patience_starts_again_with_every_change() -> None:
    now = [0.0]
    patience = Patience(10, lambda: now[0])
    answers = []
    for now[0], progress in ((1, 1), (10, 1), (11, 1), (11.5, 1), (12, 2), (22, 2), (22.5, 2)):
        answers.append(patience.ran_out(progress))
    assert answers == [False, False, False, True, False, False, True]
