"""Several texts as one run of bytes that cannot be read in another way."""


def framed(*parts: str | bytes) -> bytes:
    """Join `parts`, each after its length (4 bytes, big-endian), so that no two lists look alike.

    Whatever is hashed, signed or bound to a ciphertext goes through here: joined by a separator,
    ("a|b", "c") and ("a", "b|c") would be the same thing.
    """
    pieces: list[bytes] = []
    for part in parts:
        # "surrogatepass" keeps the join total and one-to-one for texts that are not valid Unicode.
        run = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        pieces += (len(run).to_bytes(4), run)
    return b"".join(pieces)
