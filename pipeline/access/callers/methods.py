"""What each method of the services needs of its caller: the one table. What is not in it is refused to everybody.

A contract test holds the table complete: every method of every contract has a line, and every line a method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.access.callers.settings import Right
from pipeline.domain.access import Permission
from pipeline.domain.audit import Operation


class Behind(StrEnum):
    """Who must stand behind a call."""

    NOBODY = "nobody"
    """It tells nothing about anything: also callers without rights are answered."""
    ORGANISATION = "organisation"
    PERSON = "person"
    EITHER = "either"
    """A person, or an organisation's system that the settings give what is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a method needs. Any one of `permissions` will do; none are needed where there are none."""

    behind: Behind
    right: Right | None = None
    permissions: frozenset[Permission] = frozenset()
    trained: bool = True
    """The person's training must be valid. False where a gate decides it, and writes down what was asked."""
    audited: Operation | None = None
    """Written to the audit log before the call is let through. None where what is called writes better entries."""
    texts_checked: bool = True
    """Every text of every message is looked at before the call. False for batches of thousands of records, whose
    receiver looks at each by itself."""


_OPEN = Need(behind=Behind.NOBODY)
# the gate decides on the person, and writes down what was asked and given
_SEARCH = Need(behind=Behind.PERSON, right=Right.SEARCH, trained=False)
_CAMERAS = Need(
    behind=Behind.PERSON,
    right=Right.CAMERAS,
    permissions=frozenset({Permission.CAMERAS, Permission.CAMERA_LOCATIONS, Permission.AUDIT}),
    trained=False,
    audited=Operation.CONSULTATION,
)
# batches of thousands of records, each looked at by its receiver, which also writes down what was taken and given
_INGEST = Need(behind=Behind.ORGANISATION, right=Right.INGEST, texts_checked=False)
_NATIONAL = Need(behind=Behind.ORGANISATION, right=Right.NATIONAL, texts_checked=False)
_ALERTS = Need(behind=Behind.EITHER, right=Right.ALERTS, audited=Operation.CONSULTATION)

NEEDS: Mapping[str, Need] = {
    "/grpc.health.v1.Health/Check": _OPEN,
    "/grpc.health.v1.Health/List": _OPEN,
    "/grpc.health.v1.Health/Watch": _OPEN,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": _OPEN,
    "/anpr.v1.AlertService/WatchAlerts": _ALERTS,
    "/anpr.v1.AlertService/ListAlerts": _ALERTS,
    "/anpr.v1.AlertService/GetAlert": _ALERTS,
    "/anpr.v1.AlertService/AdvanceAlert": Need(behind=Behind.PERSON, right=Right.ALERTS, audited=Operation.ALTERATION),
    "/anpr.v1.CameraService/ListCameras": _CAMERAS,
    "/anpr.v1.CameraService/GetCamera": _CAMERAS,
    "/anpr.v1.HotlistService/ListHotlists": Need(
        behind=Behind.PERSON, right=Right.HOTLISTS, audited=Operation.CONSULTATION
    ),
    # its desk writes down the mark and the reason
    "/anpr.v1.HotlistService/LookUpMark": Need(behind=Behind.PERSON, right=Right.HOTLISTS),
    "/anpr.v1.SearchService/Search": _SEARCH,
    "/anpr.v1.SearchService/StreamSearch": _SEARCH,
    "/anpr.v1.SearchService/GetReads": _SEARCH,
    "/anpr.v1.IngestService/IngestReads": _INGEST,
    "/anpr.v1.IngestService/IngestImages": _INGEST,
    "/anpr.v1.NationalService/PushReads": _NATIONAL,
    "/anpr.v1.NationalService/PushImages": _NATIONAL,
    "/anpr.v1.NationalService/PushErasures": _NATIONAL,
    # lists leave the centre with it
    "/anpr.v1.NationalService/WatchHotlists": Need(
        behind=Behind.ORGANISATION, right=Right.NATIONAL, audited=Operation.DISCLOSURE
    ),
    "/anpr.v1.SharingService/StreamReads": Need(behind=Behind.ORGANISATION, right=Right.SHARING),
}
