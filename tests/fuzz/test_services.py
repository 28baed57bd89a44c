"""Messages to the services for people and between organisations, made up and mutated: none is answered by a fault of
ours, no refusal and no log quotes a mark or a place, and every read that leaves is counted on the audit log.

`ANPR_FUZZ_INPUTS` as in `test_parsers.py`; each method gets an eightieth of them, one that streams without end an
eight-hundredth.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, seed, settings

from actors.services.alerts import AlertServicer
from actors.services.client import introduced
from actors.services.intake import IngestServicer, NationalServicer
from actors.services.people import services_for_people
from actors.services.sharing import SharingServicer
from pipeline import bootstrap_cameras, bootstrap_share
from pipeline.access.audit.verify import entries_of
from pipeline.access.callers.door import THIS_MACHINE
from pipeline.access.callers.methods import NEEDS
from pipeline.access.callers.settings import CallerLimits
from pipeline.access.settings import AccessSettings, GuardSettings
from pipeline.domain.access import Permission
from pipeline.domain.audit import Operation, Outcome
from pipeline.domain.camera import CameraKind
from pipeline.domain.plate import CameraId
from pipeline.domain.sharing import Organisation
from pipeline.settings import ServicesSettings
from pipeline.share.settings import AgreementSettings, SenderSettings
from pipeline.share.stream import Acknowledgements, StreamDesk
from pipeline.wire.read_proto import encode_record
from tests.fuzz.methods import ALERT, DESK, METHODS, Method
from tests.fuzz.mutations import mutated
from tests.fuzz.told import faults_told
from tests.support.access import ANALYST, CAMERA, DAY, KEEPER, MARK, NOW, PLACE, House, house_in, write_lake
from tests.support.alert_service import an_office
from tests.support.builders import AT
from tests.support.clock import ManualClock
from tests.support.messages import any_message
from tests.support.people_services import HOSTILE, REASON, load_list
from tests.support.sharing import SHARE, Far, bare, reads

_PATIENCE_SECONDS, _ENDLESS_SECONDS, _FIRST_ANSWER_SECONDS = 20.0, 0.15, 5.0
_OURS = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.UNAVAILABLE)
TEXTS = [
    *HOSTILE, *REASON.values(), *DESK, ALERT, MARK, "XX99*", "?", "", "serious", "kent-2026", CAMERA, "51.9,0.1",
    "0" * 32,
]  # fmt: skip
SECRETS = [MARK, str(PLACE.latitude), str(PLACE.longitude)]
_SERVICES = {Operation.CONSULTATION: "SearchService", Operation.DISCLOSURE: "SharingService"}
MOMENTS = [int((NOW - age * DAY).timestamp()) for age in (0, 1, 30, 89, 91, 400)] + [0, -1, 2**62, -(2**62)]


@dataclass
class Under:
    """The services under test, and what they have told so far."""

    channel: grpc.Channel
    house: House
    read: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def send(self, method: Method, content: bytes, endless_seconds: float = _ENDLESS_SECONDS) -> None:
        """Send one message; hold what comes back against the promises."""
        kind = "stream" if method.listens else "unary"
        call: Any = getattr(self.channel, f"{kind}_{'stream' if method.streams else 'unary'}")
        rpc = call(f"/anpr.v1.{method.name}", None, method.answer.FromString)
        given = iter([content]) if kind == "stream" else content
        seconds = endless_seconds if method.endless else _PATIENCE_SECONDS
        try:
            if method.streams:
                for answer in rpc(given, timeout=seconds):
                    self._count(method, answer)
            else:
                self._count(method, rpc(given, timeout=seconds))
        except grpc.RpcError as error:
            told: Any = error
            ours = told.code() in _OURS or (told.code() is grpc.StatusCode.DEADLINE_EXCEEDED and not method.endless)
            assert not ours, f"{told.code()}: {told.details()}"
            assert not [one for one in SECRETS if one in (told.details() or "")]

    def _count(self, method: Method, answer: Any) -> None:
        self.answered[method.name] += 1
        if hasattr(answer, "page"):
            count = len(answer.page.reads)
        elif hasattr(answer, "batch"):
            count = len(answer.batch.records)
        else:
            count = len(getattr(answer, "reads", ()))
        self.read[method.name.partition("/")[0]] += count


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Under]:
    folder = tmp_path_factory.mktemp("house")
    write_lake(folder)
    share = replace(
        SHARE,
        senders={THIS_MACHINE: SenderSettings(feeds=("*",))},
        agreements={
            "kent-2026": AgreementSettings(
                organisation=THIS_MACHINE, feeds=("local",), purpose="crime", reference="ISA 7"
            )
        },
    )
    limits = CallerLimits(calls_a_second=1e6, burst_calls=1_000_000)
    with house_in(folder) as house, ExitStack() as opened:
        far = Far(folder / "far", ManualClock(AT), share)
        opened.callback(far.close)
        far.intake.take(Organisation(THIS_MACHINE), [encode_record(bare(one)) for one in reads(range(5))])
        acknowledged = Acknowledgements(folder / "streams.db")
        opened.callback(acknowledged.close)
        desk = StreamDesk(far.journal, acknowledged, audit=house.desk.audit, settings=share, force="here")
        lists = bootstrap_share.lists_to_give(house.settings)
        # one who may do everything that there is a method for
        analyst = replace(
            ANALYST,
            desks=frozenset(DESK),
            permissions=frozenset({Permission.CAMERAS, Permission.CAMERA_LOCATIONS, Permission.COVERT_LISTS}),
        )
        house.desk.people.put(analyst, by=KEEPER.person_id, reason="joined the desk")
        load_list(house, "stolen", MARK)
        with bootstrap_cameras.camera_office(house.settings, audit=house.desk.audit, clock=house.clock) as cameras:
            kind, where = CameraKind.FIXED, "the north"
            cameras.register.add(CameraId(CAMERA), kind, where, PLACE, by=analyst, reason="bought this year")
        office = an_office(folder / "office", 3)
        opened.callback(office.book.close)
        also = [
            SharingServicer(desk),
            NationalServicer(far.intake, erased=far.counters.erased, lists=lists),
            IngestServicer(far.intake),
            AlertServicer(office.desk),
        ]
        access = AccessSettings(guards=GuardSettings(requests=1_000_000, same_text_for_references=1_000_000))
        chosen = replace(house.settings, access=access, services=ServicesSettings(port=0, limits=limits))
        server = opened.enter_context(services_for_people(chosen, also=also, audit=house.desk.audit, clock=house.clock))
        channel = opened.enter_context(grpc.insecure_channel(f"127.0.0.1:{server.start()}"))
        opened.callback(server.stop)
        yield Under(introduced(channel, limits, house.token(ANALYST)), house)


def test_messages_are_thrown_at_every_method_of_ours() -> None:
    assert {f"/anpr.v1.{method.name}" for method in METHODS} == {name for name in NEEDS if name.startswith("/anpr.")}


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_bears_any_message_and_quotes_nothing(
    under: Under, method: Method, caplog: pytest.LogCaptureFixture
) -> None:
    chance = Random(method.name)
    seeds = [one.SerializeToString() for one in method.seeds]
    for content in seeds:
        under.send(method, content)
    for _ in range(method.inputs):
        under.send(method, mutated(chance, seeds))

    @settings(max_examples=method.inputs, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @seed(7)
    @given(any_message(type(method.seeds[0]), TEXTS, MOMENTS))
    def any_of_them(message: Message) -> None:
        under.send(method, message.SerializeToString())

    any_of_them()
    assert not [one for one in SECRETS if one in caplog.text]
    assert not faults_told(caplog)
    assert not uncounted_in_the_end(under)


def test_every_read_that_left_is_counted_on_the_audit_log(under: Under) -> None:
    for method in METHODS:
        for one in method.seeds:
            under.send(method, one.SerializeToString())
        if method.endless and method.name not in under.answered:
            # a busy machine may need longer for a first answer
            under.send(method, method.seeds[0].SerializeToString(), _FIRST_ANSWER_SECONDS)
    # what is never answered has been looked at from outside alone
    assert {method.name for method in METHODS} == set(under.answered)
    assert min(under.read[service] for service in _SERVICES.values()) > 0
    assert not uncounted_in_the_end(under)


def uncounted_in_the_end(under: Under) -> dict[str, int]:
    """Return `uncounted` once nothing is, or after a while: a stream that the caller left is written down when the
    service has noticed."""
    begun = time.monotonic()
    while (missing := uncounted(under)) and time.monotonic() - begun < _PATIENCE_SECONDS:
        time.sleep(0.05)
    return missing


def uncounted(under: Under) -> dict[str, int]:
    """Return how many of the reads that each service told are not on the audit log, where any are not."""
    told = Counter(under.read)
    for entry in entries_of(under.house.desk.audit_folder):
        event = entry.event
        if event.outcome is Outcome.ANSWERED and event.operation in _SERVICES:
            # a stream that was cut off may have been told of more than had arrived
            told[_SERVICES[event.operation]] -= event.result_count or 0
    return +told
