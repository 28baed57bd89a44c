"""A back office as the outbox's peer: what its answers mean for the reads, and what goes to it with which call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain.read import CaptureRecord, ReadId
from pipeline.domain.sharing import Fault, Outcome, Taken
from pipeline.errors import BadInput, Unavailable
from pipeline.join.answers import refusal
from pipeline.join.bof2 import read_bof2
from pipeline.join.bof2_peer import Bof2Peer
from pipeline.join.reported import Contents
from pipeline.join.settings import BackOfficeSettings, Format, NumberedCameraSettings
from pipeline.wire.offers import outcomes_in, push_of, push_of_images
from pipeline.wire.read_proto import encode_record
from tests.support.builders import AT, a_record
from tests.support.joined import OVERVIEW, PATCH, a_message, soap
from tests.support.sharing import bare

OFFICE = BackOfficeSettings(
    url="https://bof.example/bof2/services/InputCaptureWebService",
    pictures_url="https://bof.example/bof2/services/InputBinaryDataWebService",
    cameras={"camera-1": NumberedCameraSettings(feed=21, source=4, camera=7)},
    username="kent",
)
COMPOUND = replace(OFFICE, captures_at_once=50)
TAKEN = Outcome(taken=Taken.ACCEPTED)


class Line:
    """Answers every call with `answer`, and keeps what was sent."""

    signature = "s3cret"

    def __init__(self, status: int = 200, answer: bytes = b"") -> None:
        self.answer = status, answer
        self.calls: list[tuple[str, Contents]] = []

    def post(self, url: str, body: bytes) -> tuple[int, bytes]:
        self.calls.append((url.rpartition("/")[2], read_bof2(a_message(body))))
        return self.answer

    def close(self) -> None: ...


class Records:
    def __init__(self, records: Sequence[CaptureRecord] = ()) -> None:
        self._records = {one.read.read_id: one for one in records}

    def record_of(self, read_id: ReadId) -> CaptureRecord | None:
        return self._records.get(read_id)


def record(number: int = 1, **different: Any) -> CaptureRecord:
    return a_record(number, camera_id="camera-1", patch=PATCH, overview=OVERVIEW, **different)


def pushed(
    settings: BackOfficeSettings, line: Line, records: Sequence[CaptureRecord], *, here: bool = True
) -> list[Outcome]:
    peer = Bof2Peer(settings, line, Records(records if here else ()), threads=1)  # type: ignore[arg-type]
    try:
        answer = peer.push_reads(push_of("1", [encode_record(bare(one)) for one in records], AT)).result()
        return outcomes_in(answer, len(records))
    finally:
        peer.close()


def pictures_pushed(
    settings: BackOfficeSettings, line: Line, records: Sequence[CaptureRecord], *, here: bool = True
) -> list[Outcome]:
    peer = Bof2Peer(settings, line, Records(records if here else ()), threads=1)  # type: ignore[arg-type]
    try:
        answer = peer.push_images(push_of_images("1", [encode_record(one) for one in records])).result()
        return outcomes_in(answer, len(records))
    finally:
        peer.close()


def test_a_single_capture_takes_its_pictures_along_and_they_do_not_follow() -> None:
    line = Line()
    assert pushed(OFFICE, line, [record()]) == [TAKEN]
    assert pictures_pushed(OFFICE, line, [record()]) == [TAKEN]
    ((service, contents),) = line.calls
    assert service == "InputCaptureWebService"
    assert (contents.reads[0].patch, contents.reads[0].overview) == (PATCH, OVERVIEW)


def test_a_picture_that_came_later_follows_and_so_does_one_whose_record_is_no_longer_here() -> None:
    line, late = Line(), replace(record(), overview=b"", pictures_only=True)
    assert pictures_pushed(OFFICE, line, [late]) == [TAKEN]
    assert pictures_pushed(OFFICE, line, [record()], here=False) == [TAKEN]
    assert [service for service, _ in line.calls] == ["InputBinaryDataWebService"] * 3
    assert [(one.late[0].patch, one.late[0].overview) for _, one in line.calls] == [
        (PATCH, b""),
        (PATCH, b""),
        (b"", OVERVIEW),
    ]


def test_captures_together_go_in_one_call_and_their_pictures_follow() -> None:
    line, several = Line(), [record(number) for number in range(60)]
    assert pushed(COMPOUND, line, several) == [TAKEN] * 60
    assert [len(contents.reads) for _, contents in line.calls] == [50, 10]
    line.calls.clear()
    assert pictures_pushed(COMPOUND, line, several[:2]) == [TAKEN] * 2
    assert [service for service, _ in line.calls] == ["InputBinaryDataWebService"] * 4


def test_a_read_of_a_camera_without_numbers_is_refused_and_not_sent() -> None:
    line, other = Line(), a_record(2, camera_id="camera-2")
    refused = Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED)
    assert pushed(OFFICE, line, [record(), other]) == [TAKEN, refused]
    assert pictures_pushed(OFFICE, line, [other]) == [refused]
    assert len(line.calls) == 1


BLAMED = refusal(422, "no read", Format.BOF2)
ONE_REFUSED = soap('<captureResponse><return>{"taken": 1, "refused": ["capture 2 of 2"]}</return></captureResponse>')
VOID = soap("<captureResponse/>")
SENDER = b"""<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Code><e:Value>e:Sender
</e:Value></e:Code></e:Fault></e:Body></e:Envelope>"""


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, BLAMED.body), (500, SENDER), (400, b""), (413, b""), (200, BLAMED.body), (200, ONE_REFUSED)],
)
def test_what_the_office_blames_the_call_for_is_for_the_outbox_to_take_apart(status: int, answer: bytes) -> None:
    with pytest.raises(BadInput, match="does not take the call"):
        pushed(OFFICE, Line(status, answer), [record()])


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (503, b""),
        (401, b""),
        (404, b""),
        (302, b""),
        (500, b"<html>Error</html>"),
        (500, BLAMED.body.replace(b"Client", b"Server")),
        (200, b"<html><p>Sign in"),
    ],
)
def test_everything_else_is_tried_again(status: int, answer: bytes) -> None:
    with pytest.raises(Unavailable):
        pushed(OFFICE, Line(status, answer), [record()])


@pytest.mark.parametrize("answer", [b"", VOID, soap("<sendCaptureResponse><return>0</return></sendCaptureResponse>")])
def test_an_answer_without_a_fault_means_taken(answer: bytes) -> None:
    assert pushed(OFFICE, Line(200, answer), [record()]) == [TAKEN]


def test_a_picture_that_the_office_does_not_take_is_refused_alone() -> None:
    refused = Outcome(taken=Taken.REFUSED, fault=Fault.UNKNOWN_READ)
    assert pictures_pushed(COMPOUND, Line(500, BLAMED.body), [record()]) == [refused]
