"""Where a feed's pictures come from: a file on this machine or an RTSP camera.

On failure: BadInput for an address that is neither, without quoting anything that may be a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.errors import BadInput

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?://)?")
_LIVE = ("rtsp", "rtsps")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAddress:
    """`target` is what FFmpeg opens and may hold a password; `shown` is what people and logs may see of it."""

    target: str = field(repr=False)
    shown: str
    live: bool


def parse_address(url: str) -> VideoAddress:
    """Return the address that `url` spells: a path, a `file:` URL, or an `rtsp(s)://` URL. Nothing is opened."""
    match = _SCHEME.match(url)
    scheme = match.group(1).lower() if match else ""
    if match and scheme in _LIVE and match.group(0).endswith("//"):
        if len(url) == match.end():
            raise BadInput("an RTSP address needs a host after rtsp://")
        return VideoAddress(target=url, shown=redacted(url), live=True)
    if scheme == "file":
        return _file(unquote(urlsplit(url).path))
    if match and match.group(0).endswith("//"):
        raise BadInput(f"cannot capture from {scheme}: give a path, a file: URL or an rtsp:// URL")
    return _file(url)


def redacted(url: str) -> str:
    """Return `url` without user, password, query and fragment; rather too little than a secret.

    A password may hold unescaped `/`, `?` and `@`, so everything up to the last `@` goes first.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    rest = rest.rpartition("@")[2]
    return f"{scheme}://{re.split('[?#]', rest, maxsplit=1)[0]}"


def _file(name: str) -> VideoAddress:
    if not name or "\0" in name:
        raise BadInput("a video file needs a name")
    path = Path(name).absolute()
    # spelled as a URL, or FFmpeg would take a colon in the name for a protocol
    return VideoAddress(target=f"file:{path}", shown=str(path), live=False)
