"""What names mean, and what of them is shown."""

from pathlib import Path

import pytest

from gpu_im2rec.errors import UsageError
from gpu_im2rec.storage import Url, is_url, name_of, place, shown


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("s3://bucket/a.rec", Url("s3://bucket/a.rec")),
        ("S3://bucket/A.rec", Url("s3://bucket/A.rec")),
        ("hdfs:///data/a.rec", Url("hdfs://default/data/a.rec")),
        ("hdfs://node:8020/a.rec", Url("hdfs://node:8020/a.rec")),
        ("file:///data/a.rec", Path("/data/a.rec")),
        ("FILE:///data/a.rec", Path("/data/a.rec")),
        ("local:///data/a.rec", Path("/data/a.rec")),
        ("C://data/a.rec", Path("C:/data/a.rec")),
        ("data/a.rec", Path("data/a.rec")),
    ],
)
def test_where_a_name_leads(text, meant):
    assert place(text) == meant
    assert place(meant) == meant
    assert is_url(text) == isinstance(meant, Url)
    assert str(place(text)) == str(meant)


def test_a_folder_is_no_file():
    with pytest.raises(UsageError, match=r"s3://bucket/records/ is a folder"):
        place("s3://bucket/records/")
    assert name_of("S3://bucket/photos/") == "s3://bucket/photos/"  # but it may be a root


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://user:secret@host/a b.jpg?sig=secret", "https://…@host/a b.jpg?…"),
        ("HTTPS://secret@host/a.jpg", "HTTPS://…@host/a.jpg"),
        ("https://host/a:b@c.jpg", "https://host/a:b@c.jpg"),
        ("sftp://user:secret@host/a.jpg", "sftp://user:…@host/a.jpg"),
        ("s3://bucket/a?b:c@d.jpg", "s3://bucket/a?b:c@d.jpg"),
        ("hdfs://user@node:8020/a.jpg", "hdfs://user@node:8020/a.jpg"),
        ("abfs://container@account.dfs.core.windows.net/a", "abfs://container@account.dfs.core.windows.net/a"),
        ("/data/a:b@c?d.jpg", "/data/a:b@c?d.jpg"),
    ],
)
def test_nothing_secret_is_shown(url, read):
    assert shown(url) == read
    assert shown(read) == read
