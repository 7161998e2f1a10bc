import pytest

from gpu_im2rec.transcode import Encoded, Failure, Reason, Source
from gpu_im2rec.transcode.formats import format_of
from gpu_im2rec.transcode.passthrough import PassThroughEngine
from tests.conftest import encoded


def passed(*contents: bytes, accept_truncated: bool = False) -> list[Encoded | Failure]:
    engine = PassThroughEngine(accept_truncated=accept_truncated)
    [results] = engine.transcode([[Source(key, content) for key, content in enumerate(contents)]])
    return results


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WebP", "PPM"])
def test_whole_files_come_out_as_they_are(photo, kind):
    content = encoded(photo, kind)
    assert format_of(content) == kind
    assert passed(content) == [Encoded(content)]


def test_what_cannot_be_an_image_is_refused(jpeg, photo):
    png = encoded(photo, "png")
    results = passed(b"", b"<html>not found</html>", jpeg[: len(jpeg) // 2], png[: len(png) // 2], jpeg)
    assert [result.reason if isinstance(result, Failure) else None for result in results] == [
        Reason.EMPTY,
        Reason.NOT_AN_IMAGE,
        Reason.TRUNCATED,
        Reason.TRUNCATED,
        None,
    ]


def test_bytes_after_the_end_mark_are_kept(jpeg):
    moving_picture = jpeg + b"\0\0\0\x18ftypmp42" + bytes(1000)
    assert passed(moving_picture) == [Encoded(moving_picture)]


def test_a_file_that_could_not_be_read_stays_a_failure():
    failure = Failure(Reason.MISSING, "gone")
    assert list(PassThroughEngine().transcode([[Source(0, b"", failure)]])) == [[failure]]


def test_a_jpeg_that_ends_without_a_picture_is_corrupt(jpeg):
    [result] = passed(jpeg[:20] + b"\xff\xd9")
    assert result.reason is Reason.CORRUPT


def test_cut_jpegs_are_stored_where_they_are_accepted(jpeg, photo):
    half, png = jpeg[: len(jpeg) // 2], encoded(photo, "png")
    results = passed(half, jpeg, jpeg[:500], png[: len(png) // 2], b"", accept_truncated=True)
    assert results[:2] == [Encoded(half, truncated=True), Encoded(jpeg)]
    assert [result.reason for result in results[2:]] == [Reason.TRUNCATED, Reason.TRUNCATED, Reason.EMPTY]
