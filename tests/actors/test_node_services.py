"""A node's services for people as its settings make them, all behind one door and mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc

from actors.services.alerts import AlertServicer
from actors.services.people import services_for_people
from pipeline import bootstrap, bootstrap_access
from pipeline.access.books.people import FOUNDER
from pipeline.domain.access import Permission
from pipeline.settings import Settings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc, camera_pb2, hotlist_pb2
from tests.support.alert_service import LIST, code_of
from tests.support.certified import Certified
from tests.support.doors import DISPATCHER
from tests.support.people_services import asked, query, stubs_over


@contextmanager
def a_node(folder: Path, certified: Certified) -> Iterator[tuple[int, str]]:
    """The port of a node's services, without Ray around them, and a person's token."""
    settings = Settings(folder=str(folder), services=certified.settings())
    person = replace(
        DISPATCHER,
        roles=frozenset({"investigation"}),
        permissions=frozenset({Permission.PEOPLE, Permission.CAMERAS}),
    )
    with bootstrap_access.desk(settings) as desk:
        desk.people.put(person, by=FOUNDER, reason="the first")
        assert desk.issuer is not None
        token = desk.issuer.token(person.person_id, timedelta(hours=1))
    alerts = AlertServicer(bootstrap.alert_desk(settings))
    with services_for_people(settings, also=[alerts]) as server:
        try:
            yield server.start(), token
        finally:
            server.stop()


def test_every_service_for_people_is_there_and_none_without_a_token(tmp_path: Path) -> None:
    certified = Certified(tmp_path / "certificates")
    now = datetime.now(UTC)
    # of what is too old for its purpose, nothing would be looked for
    lately = asked(of=query(begin=now - timedelta(days=1), end=now))
    with a_node(tmp_path / "var", certified) as (port, token):
        with certified.channel(port, token=token) as channel:
            stubs = stubs_over(channel)
            assert alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(LIST) == alert_pb2.ListAlertsResponse()
            assert not stubs.hotlists.ListHotlists(hotlist_pb2.ListHotlistsRequest()).hotlists
            assert not stubs.cameras.ListCameras(camera_pb2.ListCamerasRequest()).cameras
            # nothing was ever stored
            assert code_of(lambda: stubs.search.Search(lately)) is grpc.StatusCode.NOT_FOUND
        with certified.channel(port) as channel:
            nobody = stubs_over(channel)
            assert code_of(lambda: nobody.search.Search(lately)) is grpc.StatusCode.UNAUTHENTICATED
