"""An assist is as long as its customer lets it be, and its looks are on record."""

from dataclasses import replace

from retoma_server.domain.assists import MINUTE, Assist, Consent

ASSIST = Assist("as_1", "dr_1", "cu_1", "st_1", "Marta", began_at=0, used_at=0, looked_at=1_000)


def test_what_an_open_page_shows_is_a_look_of_its_own_once_a_minute() -> None:
    """Counted from the last one on record; under another consent it is one at once, and once."""
    assert not ASSIST.wants_look(1_000)
    assert not ASSIST.wants_look(1_000 + MINUTE - 1)
    assert ASSIST.wants_look(1_000 + MINUTE)
    shown = ASSIST.agreed(Consent(shows_answers=True))
    assert shown.wants_look(MINUTE)
    assert not replace(shown, looked_at=MINUTE).wants_look(MINUTE)


def test_an_assist_that_was_never_looked_at_owes_a_look() -> None:
    """Whatever its page asks for first is on record."""
    assert replace(ASSIST, looked_at=0).wants_look(1_800_000_000_000)
