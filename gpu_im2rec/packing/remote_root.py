"""The folder of a storage that a list's paths are relative to, and nothing outside it."""

from __future__ import annotations

import posixpath
import threading
from urllib.parse import quote, urlsplit, urlunsplit

from gpu_im2rec.errors import StorageError
from gpu_im2rec.packing.root import MAX_FILE, outside_root, too_large
from gpu_im2rec.storage import TooLargeError, UnreachableError, is_url, name_of, read, shown
from gpu_im2rec.transcode import Failure, Reason

_KEPT_IN_URLS = "/!$&'()*,;=:@~"  # which may stand in a path of HTTP as they are


class RemoteRoot:
    """Reads files named in a list. Safe to use from many threads, which is what makes it quick."""

    def __init__(self, url: str, *, allow_outside: bool = False, glue: bool = False) -> None:
        """``glue``: a path follows the root without a slash between them, as in the C++ im2rec; else with one."""
        self._url = name_of(url)
        self._allow_outside = allow_outside
        self._glue = glue
        self._lock = threading.Lock()
        self._answers = 0  # of the storage, of any kind
        self._readable: str | None = None  # the URL of a file that was read

    def read(self, path: str) -> bytes | Failure:
        """The whole file, or why not. A name with blanks around it is tried without them too, as im2rec.py reads it.

        With ``glue``, what is not there is also looked for behind a slash. Raises StorageError where no other file can
        be read either, and where every other one would be refused, too: no such bucket, or credentials that are wrong.
        """
        content = self._read(path, glued=self._glue)
        if isinstance(content, Failure) and content.reason is Reason.MISSING:
            bare = path.strip()
            if bare != path or self._glue:
                found = self._read(bare, glued=False)
                return content if isinstance(found, Failure) else found
        return content

    def _read(self, path: str, *, glued: bool) -> bytes | Failure:
        url = joined(self._url, path, glued=glued, allow_outside=self._allow_outside)
        if url is None:
            return outside_root()
        answers = self._answers
        try:
            content = read(url, limit=MAX_FILE)
        except UnreachableError as error:
            if self._answers == answers and not self._is_reachable():
                raise StorageError(f"{shown(url)}: {error.strerror}; no other picture can be read either") from error
            return Failure(Reason.UNREADABLE, str(error.strerror))
        except UnicodeEncodeError as error:
            return Failure(Reason.MISSING, f"not a file name: {error}")
        except OSError as error:
            self._note(None)
            return _failure(error, url)
        self._note(url)
        return content

    def _note(self, readable: str | None) -> None:
        with self._lock:
            self._answers += 1
            self._readable = self._readable or readable

    def _is_reachable(self) -> bool:
        """Whether a file that could be read before still can."""
        if not self._readable:
            return False
        try:
            read(self._readable, limit=MAX_FILE, tries=1)
        except (OSError, StorageError):
            return False
        return True


def joined(root: str, path: str, *, glued: bool = False, allow_outside: bool = False) -> str | None:
    """The URL of ``path`` below ``root``; None where it leaves the root and may not.

    ``..`` is followed; all else of a name is left as it is, and quoted where URLs of HTTP need it. Where it may leave
    the root, a path that begins with a slash starts at the bucket or host, and one that is a URL is taken as such.
    """
    leads_up = ".." in path.split("/")
    if is_url(path):
        path = name_of(path)
        return path if allow_outside or (path.startswith(f"{root.rstrip('/')}/") and not leads_up) else None
    scheme, authority, folder, query, fragment = _split(root)
    glued = glued and folder != ""
    named = _quoted(path, scheme)
    if path.startswith("/") and not glued:
        if not allow_outside:
            return None
        full = named
    else:
        full = f"{folder}{named}" if glued else f"{folder.rstrip('/')}/{named}"
    if leads_up or "." in path.split("/"):
        full = posixpath.normpath(full)
        base = "/" if folder.strip("/") == "" else posixpath.normpath(folder)
        escapes = posixpath.normpath(path).split("/")[0] == ".."
        if not allow_outside and (escapes or not full.startswith(base if glued else f"{base.rstrip('/')}/")):
            return None
    return urlunsplit((scheme, authority, full, query, fragment)) if query else f"{scheme}://{authority}{full}"


def _split(url: str) -> tuple[str, str, str, str, str]:
    """Scheme, authority, path, query and fragment, of which only HTTP has the last two: elsewhere they are names."""
    if url.lower().startswith(("http://", "https://")):
        return tuple(urlsplit(url))  # type: ignore[return-value]
    scheme, _, rest = url.partition("://")
    authority, slash, folder = rest.partition("/")
    return scheme, authority, slash + folder, "", ""


def _quoted(path: str, scheme: str) -> str:
    return quote(path, safe=_KEPT_IN_URLS, errors="surrogateescape") if scheme.lower().startswith("http") else path


def _failure(error: OSError, url: str) -> Failure:
    if isinstance(error, TooLargeError):
        return too_large(error.size)
    if isinstance(error, FileNotFoundError):
        return Failure(Reason.MISSING, f"no such file: {shown(url)!r}")
    return Failure(Reason.UNREADABLE, error.strerror or str(error))
