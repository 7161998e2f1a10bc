"""Settings and credentials that a storage is reached with, or not."""

import pytest
from fsspec.config import conf

from gpu_im2rec.errors import StorageError
from gpu_im2rec.storage import opening, read, s3_objects


@pytest.fixture(autouse=True)
def opened_anew(monkeypatch):
    monkeypatch.setattr(opening, "_opened", opening._opened.__wrapped__)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("sso_start_url=https://a/start\nsso_region=us-east-1\nsso_account_id=1\nsso_role_name=r", "Error loading SSO"),
        ("credential_process=/bin/false", "retrieving credentials"),
        ("region=no region!", "no region!"),
    ],
)
def test_settings_of_no_use_are_everybodys_trouble(bucket, config, words, monkeypatch, tmp_path):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}")
    (tmp_path / "config").write_text(f"[default]\n{config}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StorageError, match=words):
        read(f"{bucket.url}/a.jpg")


def test_a_storage_that_cannot_be_set_up_is_named(environment, monkeypatch):
    with pytest.raises(StorageError, match=r"github://owner: this storage cannot be set up: .*arguments"):
        read("github://owner/a.jpg")
    monkeypatch.setitem(conf, "s3", {"no_such_setting": 1})
    with pytest.raises(StorageError, match=r"s3://: this storage cannot be set up: .*no_such_setting"):
        read("s3://bucket/a.jpg")


def test_what_is_set_for_s3_counts_for_s3a(bucket, monkeypatch):
    monkeypatch.setitem(conf, "s3", {"config_kwargs": {"user_agent_extra": "as-they-wish"}})
    monkeypatch.setattr(s3_objects, "TRIALS", 0)  # obstore tells others what it is
    read(bucket.put("a.jpg", b"content").replace("s3:", "s3a:"))
    assert "as-they-wish" in bucket.proxy.headers[-1]["User-Agent"]
