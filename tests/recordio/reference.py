"""A second framing, written from the format's description word by word, and payloads that are hard on the first."""

from hypothesis import strategies as st

MAGIC = bytes([0x0A, 0x23, 0xD7, 0xCE])


def frame_slowly(payload: bytes) -> bytes:
    """One record, word by word."""
    parts = [b""]
    for start in range(0, len(payload), 4):
        word = payload[start : start + 4]
        if word == MAGIC:
            parts.append(b"")
        else:
            parts[-1] += word
    cflags = [0] if len(parts) == 1 else [1] + [2] * (len(parts) - 2) + [3]
    record = b""
    for cflag, part in zip(cflags, parts, strict=True):
        record += MAGIC + (cflag * 2**29 + len(part)).to_bytes(4, "little") + part
        while len(record) % 4:
            record += b"\0"
    return record


# Whole magics, beginnings and ends of one that meet across a border, and plain bytes.
_crumbs = st.one_of(
    st.just(MAGIC),
    st.sampled_from([MAGIC[:1], MAGIC[:2], MAGIC[:3], MAGIC[1:], MAGIC[2:], MAGIC[3:], b"abcd", b"\0"]),
    st.binary(max_size=9),
)
# Beyond 512 bytes another way of searching is taken.
_lead = st.sampled_from([0, 0, 0, 508, 511, 512, 516]).map(lambda size: b"x" * size)

payloads = st.builds(lambda lead, crumbs: lead + b"".join(crumbs), _lead, st.lists(_crumbs, max_size=12))
