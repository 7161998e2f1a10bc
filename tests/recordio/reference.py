"""A second framing, written from the format's description word by word, and payloads that are hard on the first."""

from typing import NamedTuple

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


class Found(NamedTuple):
    """A record that was read."""

    payload: bytes
    end: int
    canonical: bool  # the bytes are those that a writer makes: cut at every magic, padded with zeros


def unframe_slowly(file: bytes, offset: int) -> Found | None:
    """The record at ``offset``; None where none can be read."""
    payload, canonical, allowed = b"", True, (0, 1)
    while True:
        head = file[offset : offset + 8]
        cflag, length = divmod(int.from_bytes(head[4:], "little"), 2**29)
        part = file[offset + 8 : offset + 8 + length]
        offset += 8 + (length + 3) // 4 * 4
        if len(head) < 8 or head[:4] != MAGIC or cflag not in allowed or offset > len(file):
            return None
        if cflag in (1, 2) and length % 4:
            return None
        canonical &= all(part[start : start + 4] != MAGIC for start in range(0, length, 4))
        canonical &= not any(file[offset - -length % 4 : offset])
        payload += part
        if cflag in (0, 3):
            return Found(payload, offset, canonical)
        payload, allowed = payload + MAGIC, (2, 3)


# Whole magics, beginnings and ends of one that meet across a border, and plain bytes.
_crumbs = st.one_of(
    st.just(MAGIC),
    st.sampled_from([MAGIC[:1], MAGIC[:2], MAGIC[:3], MAGIC[1:], MAGIC[2:], MAGIC[3:], b"abcd", b"\0"]),
    st.binary(max_size=9),
)
# Beyond 512 bytes another way of searching is taken.
_lead = st.sampled_from([0, 0, 0, 508, 511, 512, 516]).map(lambda size: b"x" * size)

payloads = st.builds(lambda lead, crumbs: lead + b"".join(crumbs), _lead, st.lists(_crumbs, max_size=12))
