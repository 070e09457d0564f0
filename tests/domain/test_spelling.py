"""Promises of spelling: a code can be said and understood, in every language, letter by letter."""

import pytest

from retoma_server.adapters.ids import CODE_ALPHABET
from retoma_server.domain.spelling import WORDS, spelled


@pytest.mark.parametrize("language", WORDS)
def test_every_letter_of_a_code_has_a_word_of_its_own(language: str) -> None:
    """The word begins with the letter, and no two letters share one."""
    words = WORDS[language]
    assert list(words) == list(CODE_ALPHABET)
    assert all(word.startswith(letter) for letter, word in words.items())
    assert len(set(words.values())) == len(words)


def test_a_code_is_spelled_as_it_is_written() -> None:
    """In its order, the dash unsaid, however it is typed."""
    assert spelled("BC-d", "es") == ["B de Barcelona", "C de Carmen", "D de Dolores"]
    assert spelled("BC-d", "en") == ["B as in Bravo", "C as in Charlie", "D as in Delta"]


def test_an_unknown_language_is_english() -> None:
    """Rather than nothing."""
    assert spelled("B", "eo") == ["B as in Bravo"]
