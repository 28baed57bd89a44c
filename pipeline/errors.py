"""The one taxonomy of errors, so that every caller can tell what to mend and whether a retry can help.

Messages say what went wrong, where, and what to do. They never hold a VRM or the location of a camera.
"""

from __future__ import annotations

from typing import ClassVar


class AnprError(Exception):
    """Base of every error this project raises on purpose."""

    retry_can_help: ClassVar[bool] = False


class SettingsError(AnprError):
    """The settings are wrong; `faults` lists every one of them, not only the first."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults

    def __reduce__(self) -> tuple[type[SettingsError], tuple[list[str]]]:
        return type(self), (self.faults,)


class BadInput(AnprError):
    """What was given (a file, a line, a request) can never be accepted as it is."""


class OutOfTurn(BadInput):
    """What was asked for may not follow on what has happened so far."""


class NotFound(AnprError):
    """What was asked for does not exist."""


class Forgotten(AnprError):
    """What was asked for was here and is no longer: begin anew."""


class AccessDenied(AnprError):
    """The asker may not have it."""


class Unidentified(AccessDenied):
    """What was shown does not tell who asks."""


class Refused(AccessDenied):
    """The policy says no; whoever raises this has written it down already."""


class Unavailable(AnprError):
    """Something outside (a camera, a disk, a peer) does not answer now."""

    retry_can_help = True


class Overloaded(AnprError):
    """A bounded queue is full; the caller must slow down and try again."""

    retry_can_help = True


class IntegrityError(AnprError):
    """Stored data is not what was written; it must be quarantined, not read around."""
