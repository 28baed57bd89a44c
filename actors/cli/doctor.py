"""`anpr doctor`: what works here, and what a person can do about the rest."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from actors.cli.given import settings_given
from pipeline import bootstrap_reading
from pipeline.errors import AnprError
from pipeline.settings import Settings, table_of

_NEEDED = ("ray", "av", "opencv-python-headless", "openvino", "pyarrow", "deltalake", "prometheus-client", "protobuf")
_OPTIONAL = {"torch": "the GPU runtime and training", "onnxruntime": "a second CPU runtime"}
_FREE_GIBIBYTES = 2
_SECRETS = ("secret_file", "key_file", "signature_file")
"""How settings end that name a file with a secret in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. `mend` says what to do; empty where nothing is wrong."""

    what: str
    says: str
    mend: str = ""
    fatal: bool = False


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    findings = list(examine(settings))
    for one in findings:
        mark = "ok  " if not one.mend else "FAIL" if one.fatal else "note"
        print(f"{mark}  {one.what:<12} {one.says}" + (f"\n      -> {one.mend}" if one.mend else ""))
    fatal = sum(one.fatal for one in findings)
    print("Ready." if not fatal else f"{fatal} thing(s) keep anpr from running.")
    return 1 if fatal else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, the basics first."""
    yield Finding(what="machine", says=f"Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}")
    yield from _packages()
    yield _accelerator()
    yield _models(settings)
    yield _folder(Path(settings.folder))
    yield _shared_memory(settings)
    yield _port("metrics", settings.metrics.host, settings.metrics.port)
    yield _port("services", settings.services.host, settings.services.port)
    yield from _secrets(settings)
    yield from _feeds(settings)


def _packages() -> Iterator[Finding]:
    found, missing = [], []
    for name in _NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding(
        what="packages",
        says=", ".join(found),
        mend=f"missing: {', '.join(missing)}; run `make install`" if missing else "",
        fatal=bool(missing),
    )
    for name, purpose in _OPTIONAL.items():
        try:
            yield Finding(what="optional", says=f"{name} {version(name)}: {purpose}")
        except PackageNotFoundError:
            yield Finding(what="optional", says=f"{name} is not installed", mend=f"only needed for {purpose}")


def _accelerator() -> Finding:
    devices = sorted(Path("/dev").glob("nvidia[0-9]*"))
    if devices:
        return Finding(what="accelerator", says=f"{len(devices)} NVIDIA device(s)")
    return Finding(what="accelerator", says="none: the models run on the CPU")


def _models(settings: Settings) -> Finding:
    try:
        reader = bootstrap_reading.plate_reader(settings)
        reader.close()
    except AnprError as error:
        return Finding(what="models", says=str(error), mend="mend [inference] or the weights' paths", fatal=True)
    return Finding(what="models", says=f"{reader.version} in {bootstrap_reading.runtime_of(settings)}")


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        return Finding(
            what="folder", says=f"{folder}: {error.strerror}", mend="set `folder` to one you may write to", fatal=True
        )
    free = shutil.disk_usage(folder).free / 2**30
    mend = "" if free >= _FREE_GIBIBYTES else f"less than {_FREE_GIBIBYTES} GiB is free: reads would stop being stored"
    return Finding(what="folder", says=f"{folder}/: writable, {free:.0f} GiB free", mend=mend)


def _shared_memory(settings: Settings) -> Finding:
    wanted = settings.cluster.object_store_mebibytes
    try:
        free = shutil.disk_usage("/dev/shm").free / 2**20
    except OSError:
        return Finding(what="memory", says="no /dev/shm", mend="Ray will be slow: frames go through files")
    mend = "" if free >= wanted else "enlarge /dev/shm or lower [cluster] object_store_mebibytes"
    return Finding(what="memory", says=f"{free:.0f} MiB of shared memory free, {wanted} wanted for frames", mend=mend)


def _port(section: str, host: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding(
                what="port",
                says=f"{section} {host}:{port}: {error.strerror}",
                mend=f"end what uses it, or set [{section}] port (0: any free one)",
                fatal=True,
            )
    return Finding(what="port", says=f"{section} {host}:{port} is free")


def _secrets(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with files that the settings name and only the service should read."""
    for key, file in _named_secrets(table_of(settings)):
        try:
            mode = Path(file).stat().st_mode
        except OSError as error:
            yield Finding(what="secret", says=f"{key}: {error.strerror}", mend="make it, or mend its path")
            continue
        if mode & 0o007:
            yield Finding(what="secret", says=f"{key}: everybody on this machine may read it", mend="chmod o= it")


def _named_secrets(table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, content in table.items():
        if isinstance(content, dict):
            yield from _named_secrets(content, f"{within}.{name}".lstrip("."))
        elif name.endswith(_SECRETS) and content:
            yield f"[{within}] {name}", content


def _feeds(settings: Settings) -> Iterator[Finding]:
    for name, feed in settings.feeds.items():
        if "://" in feed.url:
            yield Finding(what="feed", says=f"{name}: a stream, tried when it runs")
        elif Path(feed.url).is_file():
            yield Finding(what="feed", says=f"{name}: the file is there")
        else:
            yield Finding(
                what="feed",
                says=f"{name}: no such file",
                mend="mend its url in the settings, or `make feeds`",
                fatal=True,
            )
