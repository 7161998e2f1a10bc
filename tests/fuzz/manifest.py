"""The manifest of a set of shards."""

from pathlib import Path

from gpu_im2rec.recordio.manifest import parse_manifest

_LONGEST_MESSAGE = 400  # characters


def manifest(data: bytes) -> None:
    """What is read can be written and is the same again; its names stay in their folder; all else is refused."""
    try:
        found = parse_manifest(data)
    except ValueError as error:
        message = str(error)
        assert len(message) <= _LONGEST_MESSAGE
        assert message.isprintable(), f"not printable: {message!r}"
        return
    assert parse_manifest(found.to_json()) == found
    files = [file for shard in found.shards for file in (shard.rec, shard.idx, shard.crc) if file]
    names = [found.dali_index, *(file.name for file in files)]
    assert len(set(names)) == len(names)
    for name in names:
        assert Path("folder", name).parent == Path("folder")
        assert Path("folder", name).name == name
        name.encode("utf-8", "surrogateescape")
    assert [shard.part for shard in found.shards] == sorted({shard.part for shard in found.shards})
    assert all(shard.part < found.parts for shard in found.shards)
