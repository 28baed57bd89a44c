"""What a driver and a node tell each other before the node's actors are started: their versions may differ.

Each side tells and hears plain texts by key. The node knows what it can work with: the driver's settings, and how its
own actors are called. A node that cannot is kept out, with a sentence that says what to upgrade.
On failure: Unavailable or SettingsError, raised on the node.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from importlib.metadata import version as version_of
from typing import Any

from pipeline.errors import SettingsError, Unavailable
from pipeline.settings import Settings, settings_of


def version() -> str:
    """Return the version of the program in this process."""
    return version_of("anpr-ray")


class CrossesByName:
    """A dataclass that comes to another version of itself by the names of its fields: what is not known there is left
    out, what was not said has its default."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type, dict[str, Any]]]:
        kind: Any = type(self)
        return _by_name, (kind, {one.name: getattr(self, one.name) for one in fields(kind)})


def _by_name(kind: Any, told: dict[str, Any]) -> Any:
    known = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in told.items() if name in known})


def calls_of(actors: Iterable[type], messages: Iterable[Any]) -> str:
    """Return a digest of how `actors` are called and what `messages` must say: who has the same can work together."""
    lines = [
        f"{actor.__name__}.{name}{inspect.signature(method)}"
        for actor in actors
        for name, method in vars(actor).items()
        if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_"))
    ]
    lines += [
        f"{message.__name__}.{one.name}"
        for message in messages
        for one in fields(message)
        if one.default is MISSING and one.default_factory is MISSING
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def heard_from_driver(version_there: str, calls_there: str, table: dict[str, Any], *, calls: str) -> Settings:
    """Return the settings that a driver has told in `table`, on a node whose actors are called as `calls` says."""
    both = f"this node runs version {version()}, the driver {version_there}"
    if calls_there != calls:
        raise Unavailable(
            f"{both}, and these cannot run together: end the driver, bring it and all nodes to one version, start it"
        )
    try:
        return settings_of(table, where="the driver's settings")
    except SettingsError as error:
        faults = "; ".join(error.faults)
        raise SettingsError([f"{both}: {faults}; upgrade the node, or leave that out until all are upgraded"]) from None
