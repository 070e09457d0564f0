"""Domain values come back from their bytes as they were."""

from retoma_server.adapters.codec import read_writer, writer_bytes
from retoma_server.domain.writers import Result, Writer, noted


def test_a_writer_comes_back_whether_it_has_sent_anything_or_not() -> None:
    """One that is new has no answers yet; one that has is answered the same again."""
    new = Writer("w_1", "customer:cu_1")
    assert read_writer(writer_bytes(new)) == new
    result = Result("conflict", 3, "f1", ("cf_3_0",))
    busy = read_writer(writer_bytes(noted(new, 1, result)))
    assert (busy.last, tuple(busy.answered(1) or ())[:3]) == (1, tuple(result)[:3])
