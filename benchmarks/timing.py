"""`python -m benchmarks.timing`: what answers' times tell guessers, and how long endless texts take."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

from tests.fuzz.mutating import ENDLESS, LONG, endless
from tests.fuzz.targets import TARGETS, any_text
from tests.http.shop import Shop, new_key, shop_in_memory

from retoma_server.domain.payment_data import holds_payment_data, names_payment_data
from retoma_server.domain.pointers import is_pointer

from .page import write_section

SAMPLES = 2_000
READERS: Mapping[str, Callable[[bytes], object]] = {
    **TARGETS,
    "card numbers in a value": lambda data: holds_payment_data(any_text(data)),
    "names of card data": lambda data: names_payment_data(any_text(data)),
    "pointers": lambda data: is_pointer(any_text(data)),
}

TEXT = """## Time as a hint

{day}, written by `python -m benchmarks.timing`. The server answers in this program, on SQLite in
memory, without limits. Both guesses of a row are asked in turn, {samples:,} times each, and answered alike;
the medians of the CPU time are compared, since other programs share the machine: read the ratios, not the
times. A ratio near 1 tells nobody which guess was the better one.

| guess | better ms | other ms | ratio |
| --- | --- | --- | --- |
"""
LONG_TEXT = """
## Endless texts

The same day and run. Each reader of strangers' bytes gets {texts} texts of about 100 kB, made for patterns
that go over them again and again; the slowest, and how much longer it takes than one half as long. 2 is
linear, 4 would be square. A row of the fuzzer has its oracle's time in it.

| reader | slowest ms | of half the text |
| --- | --- | --- |
"""

Ask = Callable[[], Any]
"""Asks once; what a guess gets is a response."""


def spent(ask: Ask) -> float:
    """Milliseconds of CPU time that something takes: nothing here waits for anything."""
    began = time.thread_time()
    ask()
    return (time.thread_time() - began) * 1_000


def guesses(shop: Shop) -> dict[str, tuple[Ask, Ask]]:
    """What is asked: by row a guess that comes close, and one that does not."""
    owner, other = shop.visitor(), shop.visitor()
    draft, secret = owner.begin(name="Ann"), "A" * 43
    absent = draft[:5] + "A" * 20
    shop.service.ask("PUT", "/v1/customers/by-external-id/u-1", {"email": "ann@example.com"})
    known, unknown = (f"{owner.credential}"[:-43] + secret, f"vt_{shop.tenant.id[3:]}_{absent[3:]}_{secret}")
    used = str(owner.hand_off(draft, "staff")["code"])
    owner.hand_off(draft, "staff")
    clerk = shop.staff()

    def read(name: str) -> Ask:
        return lambda: other.get(f"/v1/drafts/{name}")

    def prove(token: str) -> Ask:
        return lambda: other.sending(Authorization=f"Bearer {token}").get(f"/v1/drafts/{draft}")

    def redeem(code: str) -> Ask:
        return lambda: clerk.post("/v1/assist/redeem", {"code": code})

    def identify(email: str) -> Ask:
        body = {"email": email}
        return lambda: other.ask("PUT", "/v1/customers/by-external-id/u-2", body, Idempotency_Key=new_key())

    return {
        "a draft's id: another customer's, nobody's": (read(draft), read(absent)),
        "a visitor's secret: of a known id, of none": (prove(known), prove(unknown)),
        "a short code: a withdrawn one, none": (redeem(used), redeem("BBBB-BBBB")),
        "an e-mail address (no service): known, not": (
            identify("ann@example.com"),
            identify("eva@example.com"),
        ),
    }


def compared(name: str, better: Ask, other: Ask) -> str:
    """A row: both asked in turn, each first as often as the other."""
    assert better().status_code == other().status_code >= 400
    times = [(spent(better), spent(other)) for _ in range(SAMPLES // 2)]
    times += [(spent(better), before) for before in (spent(other) for _ in range(SAMPLES // 2))]
    one, two = (median(each) for each in zip(*times, strict=True))
    return f"| {name} | {one:.3f} | {two:.3f} | {one / two:.2f} |\n"


def best(read: Ask) -> float:
    """The shortest of five times: what it takes without the rest of the machine."""
    return min(spent(read) for _ in range(5))


def slowest_of(name: str, read: Callable[[bytes], object]) -> str:
    """A row: the text that a reader takes longest for, and the same for half of it."""
    slowest, worst = max((best(partial(read, text)), which) for which, text in endless().items())
    half = best(partial(read, endless(LONG // 2)[worst]))
    return f"| {name} | {slowest:.1f} | {slowest / half:.1f} |\n"


def main() -> None:
    """Measure both, and write the section."""
    shop = shop_in_memory()
    text = TEXT.format(day=time.strftime("%Y-%m-%d"), samples=SAMPLES)
    text += "".join(compared(name, *asked) for name, asked in guesses(shop).items())
    text += LONG_TEXT.format(texts=len(ENDLESS))
    text += "".join(slowest_of(name, read) for name, read in READERS.items())
    shop.deps.store.close()
    write_section("timing", text)


if __name__ == "__main__":
    main()
