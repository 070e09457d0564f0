"""Card data is refused wherever it turns up: what is never stored cannot be stolen (PCI DSS 3.3, 3.5)."""

import re
import unicodedata
from collections.abc import Iterator

from .pointers import Json

# A field's name alone says that it holds what must never be kept, even encrypted.
NAMES = re.compile(
    r"(?i)(^|[^a-z])(cvv2?|cvc2?|csc|card[_-]?security([_-]?code)?|track[12]|pin[_-]?block)([^a-z]|$)"
)
HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Issuer prefixes with their lengths; Luhn alone would refuse one in ten long numbers. Visa's numbers of
# 13 digits are extinct, and German phone numbers look like them.
ISSUERS = re.compile(
    r"4(\d{15}|\d{18})"
    r"|5[1-5]\d{14}"
    r"|(222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|(6011|64[4-9]\d|65\d\d)\d{12,15}"
    r"|3(0[0-5]|[68]\d)\d{11,16}"
    r"|35(2[89]|[3-8]\d)\d{12,15}"
    r"|62\d{14,17}"
)

# What may stand between two digits of one number; it is read as one space.
GAP = re.compile(r"(?<=\d)[\s.\-\u2010-\u2015]{1,3}(?=\d)")

# A number may be grouped in any way when it stands alone; among other numbers (an expiry date) it is
# known by the ways that cards print it. Look-ahead, because such groups overlap; only what begins as the
# numbers of some issuer is looked at, since a text may be made of nothing but groups.
ALONE = re.compile(r"(?<!\d)\d(?: ?\d){13,18}(?!\d)")
PRINTED = tuple(
    re.compile(rf"(?<!\d)(?=([2-6]{shape})(?!\d))")
    for shape in (
        r"\d{13,18}",
        r"\d{3}(?: \d{4}){2} \d{2,4}",
        r"\d{3}(?: \d{4}){3} \d{1,3}",
        r"\d{3} \d{6} \d{4,5}",
    )
)

FEWEST = 14
"""No card number has fewer digits: most texts are cleared by counting theirs."""

# A digit to the sum of the digits of its double.
DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


ZERO = ord("0")


def names_payment_data(name: str) -> bool:
    """Whether a field's name is one that only card verification data has."""
    return NAMES.search(HUMPS.sub("_", name)) is not None


def holds_payment_data(value: Json) -> bool:
    """Whether card data stands anywhere in a value: a number, however written, or a field named so."""
    if isinstance(value, str):
        return len(value) >= FEWEST and any(map(is_card_number, runs(plain(value))))
    if isinstance(value, int | float):
        return 10**13 <= value < 10**19 and value == int(value) and is_card_number(str(int(value)))
    if isinstance(value, list):
        return any(map(holds_payment_data, value))
    if isinstance(value, dict):
        return any(
            names_payment_data(key) or holds_payment_data(key) or holds_payment_data(member)
            for key, member in value.items()
        )
    return False


def runs(text: str) -> Iterator[str]:
    """Every run of digits in a text that may be one number."""
    written = text.encode(errors="replace")
    if len(written) - len(written.translate(None, b"0123456789")) < FEWEST:
        return
    spaced = GAP.sub(" ", text)
    for written_so in (ALONE, *PRINTED):
        yield from written_so.findall(spaced)


def plain(text: str) -> str:
    """The text with every kind of digit as an ASCII one."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in folded)


def is_card_number(run: str) -> bool:
    """Whether a run of digits has an issuer's prefix and length, and the right check digit."""
    digits = run.replace(" ", "")
    return ISSUERS.fullmatch(digits) is not None and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    signs = digits.encode()
    return (sum(signs[-1::-2]) + sum(signs[-2::-2].translate(DOUBLED)) - len(signs) * ZERO) % 10 == 0
