"""Commands for files of this machine, asked for a URL."""

import pytest

from tests.cli.test_cli import run


@pytest.mark.parametrize(
    "words",
    [
        ("info", "s3://bucket/a.rec"),
        ("verify", "a.rec", "--root", "s3://bucket/photos"),
        ("unpack", "s3://bucket/a.rec", "folder"),
        ("merge", "a.rec", "s3://bucket/b-*", "c.rec"),
        ("list", "s3://bucket/train", "."),
    ],
    ids=lambda words: words[0],
)
def test_a_url_is_named_and_refused(words):
    said = run(*words, code=2).stderr
    assert "error: s3://bucket/" in said
    assert "has to be a path of this machine" in said
    assert "pa55word" not in run("info", "https://user:pa55word@host/a.rec?sig=pa55word", code=2).stderr


def test_a_folder_called_like_a_scheme_is_read(tmp_path, monkeypatch):
    (tmp_path / "s3:" / "photos").mkdir(parents=True)
    (tmp_path / "s3:" / "photos" / "a.rec").touch()
    monkeypatch.chdir(tmp_path)
    assert "has to be" not in run("info", "s3:/photos/a.rec").stderr
