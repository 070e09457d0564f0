"""Short codes as people say them: each letter by a word that begins with it."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "B": "Bravo",
        "C": "Charlie",
        "D": "Delta",
        "F": "Foxtrot",
        "G": "Golf",
        "H": "Hotel",
        "J": "Juliett",
        "K": "Kilo",
        "L": "Lima",
        "M": "Mike",
        "N": "November",
        "P": "Papa",
        "Q": "Quebec",
        "R": "Romeo",
        "S": "Sierra",
        "T": "Tango",
        "V": "Victor",
        "W": "Whiskey",
        "X": "X-ray",
        "Z": "Zulu",
    },
    "es": {
        "B": "Barcelona",
        "C": "Carmen",
        "D": "Dolores",
        "F": "Francia",
        "G": "Granada",
        "H": "Historia",
        "J": "José",
        "K": "Kilo",
        "L": "Lorenzo",
        "M": "Madrid",
        "N": "Navarra",
        "P": "París",
        "Q": "Querido",
        "R": "Ramón",
        "S": "Sábado",
        "T": "Tarragona",
        "V": "Valencia",
        "W": "Washington",
        "X": "Xilófono",
        "Z": "Zaragoza",
    },
}
"""In English the radiotelephony alphabet (ICAO Annex 10, volume II, §5.2.1.3), in Spanish usual words."""
JOINED = {"en": "{letter} as in {word}", "es": "{letter} de {word}"}


def spelled(code: str, language: str) -> list[str]:
    """How each letter of a code is said: "B as in Bravo"; other characters are left out.

    In English where the language is not known.
    """
    known = language if language in WORDS else "en"
    words, joined = WORDS[known], JOINED[known]
    return [joined.format(letter=each, word=words[each]) for each in code.upper() if each in words]
