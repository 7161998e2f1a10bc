"""A file on S3 that is sent in parts, and is not there until it is completed."""

from __future__ import annotations

import errno
import threading
from contextlib import suppress
from typing import Any

from gpu_im2rec.storage.opening import Store
from gpu_im2rec.storage.patience import Patience
from gpu_im2rec.storage.s3_objects import bucket_and_key
from gpu_im2rec.storage.trouble import ShortBodyError

_PART_BYTES = 8 << 20  # S3 takes 5 MiB at least, but of the last
_PARTS_A_STEP = 256  # after which they grow: the 10,000 that S3 takes hold 1.6 TiB, and small files need little memory
_FIXED_PART_BYTES = 64 << 20  # where all must be of one size, as on Cloudflare R2


class Multipart:
    """Its parts may be sent from several threads at once."""

    parallel = 4

    def __init__(self, store: Store, url: str) -> None:
        self._fs, self._url = store.fs, url
        self._bucket, self._key = bucket_and_key(store.fs, url)
        self._upload_id: str | None = None
        self._etags: dict[int, dict[str, Any]] = {}  # and checksums, by the number of the part
        self._whole: bytes | None = None  # a file of one part, which needs no upload in parts
        self._size = 0
        self._begins = threading.Lock()

    def part_bytes(self, number: int) -> int:
        """How large part ``number``, from 0, is to be."""
        return _FIXED_PART_BYTES if self._fs.fixed_upload_size else _PART_BYTES * (1 + number // _PARTS_A_STEP)

    def send(self, number: int, content: bytes, patience: Patience, *, is_last: bool) -> None:
        """Part ``number``, from 0."""
        if number == 0 and is_last:
            self._whole = content
            return
        with self._begins:
            if self._upload_id is None:
                answer = patience.with_(self._url, lambda: self._call("create_multipart_upload"))
                self._upload_id = answer["UploadId"]
        asked = {"UploadId": self._upload_id, "PartNumber": number + 1, "Body": content}
        answer = patience.with_(self._url, lambda: self._call("upload_part", **asked))
        checksums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        self._etags[number] = {"PartNumber": number + 1, "ETag": answer["ETag"], **checksums}
        self._size += len(content)

    def complete(self, patience: Patience) -> None:
        """The file appears."""
        if self._whole is not None:
            patience.with_(self._url, lambda: self._call("put_object", Body=self._whole))
        else:
            patience.with_(self._url, self._complete)
            self._upload_id = None
        self._whole = None

    def abort(self, patience: Patience) -> None:
        """Nothing remains; safe at any time."""
        self._whole = None
        if self._upload_id:
            asked = {"UploadId": self._upload_id}
            with suppress(FileNotFoundError):  # an answer was lost, and it is gone already
                patience.with_(self._url, lambda: self._call("abort_multipart_upload", **asked))
            self._upload_id = None

    def _complete(self) -> None:
        parts = [self._etags[number] for number in sorted(self._etags)]
        try:
            self._call("complete_multipart_upload", UploadId=self._upload_id, MultipartUpload={"Parts": parts})
        except FileNotFoundError:  # also where an earlier try did it, and the answer was lost
            if self._call("head_object")["ContentLength"] != self._size:
                raise ShortBodyError(errno.EIO, "the upload is gone, and another file is there") from None

    def _call(self, method: str, **arguments: Any) -> Any:
        return self._fs.call_s3(method, Bucket=self._bucket, Key=self._key, **arguments)
