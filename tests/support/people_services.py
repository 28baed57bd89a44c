"""The services for people over a house's real store, registers and audit log, and channels of people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc

from actors.services.client import introduced
from actors.services.people import services_for_people
from pipeline import bootstrap
from pipeline.access.audit.verify import entries_of
from pipeline.domain.access import Person
from pipeline.domain.audit import AuditEntry, AuditWriter
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import LoadRequest, load
from pipeline.settings import ServicesSettings
from pipeline.wire.hotlist_proto import stamp_of
from protos.anpr.v1 import camera_pb2_grpc, hotlist_pb2_grpc, search_pb2, search_pb2_grpc
from tests.support.access import ANALYST, DAY, MARK, NOW, House
from tests.support.lists import TERMS

REASON = {
    "purpose": "investigation",
    "category": "major",
    "reference": "OP/1",
    "justification": "the vehicle was seen leaving the scene",
}

HOSTILE = [
    "'; DROP TABLE reads; --",
    "AB12CDE' OR '1'='1",
    "../../../../etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "${jndi:ldap://127.0.0.1/a}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "$(touch /tmp/pwned)",
    "a\x00b",
    "x" * 5000,
    "\u202egnp.exe",
]
"""Texts that mean harm somewhere."""


@dataclass
class Stubs:
    """One caller's."""

    search: Any
    hotlists: Any
    cameras: Any


@dataclass
class Standing:
    """The services of `house`, at `port`."""

    house: House
    port: int
    settings: ServicesSettings

    @contextmanager
    def as_person(self, person: Person = ANALYST) -> Iterator[Stubs]:
        with self.with_token(self.house.token(person)) as stubs:
            yield stubs

    @contextmanager
    def with_token(self, token: str) -> Iterator[Stubs]:
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as plain:
            yield stubs_over(introduced(plain, self.settings.limits, token))

    def entries(self) -> list[AuditEntry]:
        return list(entries_of(self.house.desk.audit_folder))


def stubs_over(channel: grpc.Channel) -> Stubs:
    return Stubs(
        search=search_pb2_grpc.SearchServiceStub(channel),
        hotlists=hotlist_pb2_grpc.HotlistServiceStub(channel),
        cameras=camera_pb2_grpc.CameraServiceStub(channel),
    )


@contextmanager
def standing(
    house: House, services: ServicesSettings | None = None, audit: AuditWriter | None = None
) -> Iterator[Standing]:
    services = services or ServicesSettings(port=0)
    settings = replace(house.settings, services=services)
    with services_for_people(settings, audit=audit or house.desk.audit, clock=house.clock) as server:
        try:
            yield Standing(house=house, port=server.start(), settings=services)
        finally:
            server.stop()


def query(
    marks: Sequence[str] = (MARK,), begin: datetime = NOW - 400 * DAY, end: datetime = NOW, **more: Any
) -> search_pb2.SearchQuery:
    """Every day there is, the oldest first."""
    matching = more.pop("matching", search_pb2.MATCHING_EXACT)
    terms = [search_pb2.SearchTerm(matching=matching, text=one) for one in marks]
    order = more.pop("order", search_pb2.SEARCH_ORDER_OLDEST_FIRST)
    return search_pb2.SearchQuery(begin=stamp_of(begin), end=stamp_of(end), terms=terms, order=order, **more)


def asked(authorisation: str = "", of: search_pb2.SearchQuery | None = None, **more: Any) -> search_pb2.SearchRequest:
    given = REASON | more.pop("reason", {})
    reason = search_pb2.AccessReason(**given, authorisation_id=authorisation)
    return search_pb2.SearchRequest(reason=reason, query=of or query(), **more)


def streamed(request: search_pb2.SearchRequest) -> search_pb2.StreamSearchRequest:
    """The same as a stream."""
    return search_pb2.StreamSearchRequest(
        reason=request.reason, query=request.query, page_size=request.page_size, page_token=request.page_token
    )


def ages(pages: Sequence[Any]) -> list[int]:
    """The ages of all reads on `pages`, in days."""
    reads = [one for page in pages for one in page.page.reads]
    return [round((NOW.timestamp() - one.captured_at.seconds) / 86400) for one in reads]


def load_list(house: House, name: str, *marks: str, **terms: object) -> None:
    """Load a list into the house's, as its owner would."""
    path = Path(house.settings.folder) / f"{name}.csv"
    path.write_text("\n".join(["vrm", *marks]) + "\n", encoding="utf-8")
    file = read_list_file(path, of_list=name)  # type: ignore[arg-type]
    request = LoadRequest(by="tester", of_list=name, terms=TERMS | terms)  # type: ignore[arg-type]
    load(bootstrap.hotlist_store(house.settings), file, request, least_share=0.5, today=NOW.date())
