"""insightface's layout."""

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import iter_faces
from tests.fuzz.common import as_file, check_refusal


def faces(data: bytes) -> None:
    """Whatever the records say, faces have a picture and refusals a place."""
    path = as_file("f.rec", data)
    try:
        for face in iter_faces(path):
            assert len(face.content)
            assert len(face.labels)
    except RecordError as error:
        if "this is not insightface's layout" not in str(error):  # which no single place shows
            check_refusal(error)
