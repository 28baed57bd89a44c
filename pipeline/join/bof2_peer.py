"""A Back Office Facility as a peer of the outbox: pushes of reads in, BOF2 calls out, what became of them back.

Promise: a read counts as taken when the facility answered 2xx to its call and told no fault. A repeat does no harm,
because a facility joins on mark, camera and time. With several captures a call their pictures follow by calls of their
own; a single capture takes along what its record holds, and only a picture that came later follows. Erasures are not
told, for BOF2 has no call for them.

On failure: BadInput where the facility blames the call, so that the outbox finds the read and puts it aside;
Unavailable for everything else, and for what is no SOAP: the outbox tries again. A read of a camera without numbers is
refused here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.domain.ports import RecordSource
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import Fault, Outcome, Taken
from pipeline.errors import BadInput, Unavailable
from pipeline.join.bof2_line import Bof2Line
from pipeline.join.bof2_out import Bof2Origin, add_pictures, send_capture, send_compound_capture
from pipeline.join.settings import BackOfficeSettings
from pipeline.join.xml import parse_xml, text_of, within
from pipeline.wire.pushes import pictures_pushed, push_answer, reads_pushed

_TAKEN = Outcome(taken=Taken.ACCEPTED)
_NO_NUMBERS = Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED)
_PICTURE_REFUSED = Outcome(taken=Taken.REFUSED, fault=Fault.UNKNOWN_READ)
_BLAMES_THE_CALL = (400, 413, 415, 422)


class Bof2Peer:
    """A `Peer` at the end of `line`. `records` are asked for a read's pictures."""

    def __init__(self, settings: BackOfficeSettings, line: Bof2Line, records: RecordSource, *, threads: int) -> None:
        self._settings = settings
        self._line = line
        self._records = records
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="bof2")

    def push_reads(self, request: bytes) -> Future[bytes]:
        return self._threads.submit(self._reads, request)

    def push_images(self, request: bytes) -> Future[bytes]:
        return self._threads.submit(self._pictures, request)

    def push_erasures(self, request: bytes) -> Future[bytes]:
        answer: Future[bytes] = Future()
        answer.set_result(b"")
        return answer

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._line.close()

    def _reads(self, request: bytes) -> bytes:
        records = reads_pushed(request)
        numbered = [one for one in records if one.read.camera_id in self._settings.cameras]
        at_once = self._settings.captures_at_once
        for begin in range(0, len(numbered), at_once):
            self._call(self._settings.url, self._captures(numbered[begin : begin + at_once]))
        known = {one.read.read_id for one in numbered}
        return push_answer([_TAKEN if one.read.read_id in known else _NO_NUMBERS for one in records])

    def _captures(self, records: Sequence[CaptureRecord]) -> bytes:
        if self._settings.captures_at_once > 1:
            return send_compound_capture([(one.read, self._origin(one)) for one in records])
        (record,) = records
        return send_capture(self._records.record_of(record.read.read_id) or record, self._origin(record))

    def _pictures(self, request: bytes) -> bytes:
        return push_answer([self._picture(one) for one in pictures_pushed(request)])

    def _picture(self, record: CaptureRecord) -> Outcome:
        if record.read.camera_id not in self._settings.cameras:
            return _NO_NUMBERS
        if self._went_along(record):
            return _TAKEN
        try:
            for call in add_pictures(record, self._origin(record)):
                self._call(self._settings.pictures_url, call)
        except BadInput:
            return _PICTURE_REFUSED
        return _TAKEN

    def _went_along(self, record: CaptureRecord) -> bool:
        """Tell whether the pictures went with their read, as they do while the record is here."""
        alone = self._settings.captures_at_once == 1
        return alone and not record.pictures_only and self._records.record_of(record.read.read_id) is not None

    def _origin(self, record: CaptureRecord) -> Bof2Origin:
        settings = self._settings
        numbers = settings.cameras[record.read.camera_id]
        return Bof2Origin(
            signature=self._line.signature,
            username=settings.username,
            feed=numbers.feed,
            source=numbers.source,
            camera=numbers.camera,
            namespace=settings.namespace,
        )

    def _call(self, url: str, body: bytes) -> None:
        status, answer = self._line.post(url, body)
        blamed = status in _BLAMES_THE_CALL or (status == 500 and _blames_the_call(answer))
        if blamed or (200 <= status < 300 and _refuses_some(answer)):
            raise BadInput(f"the back office does not take the call (status {status})")
        if not 200 <= status < 300:
            raise Unavailable(f"the back office answered with status {status}")


def _blames_the_call(answer: bytes) -> bool:
    """Tell whether the answer is a fault of the caller's, by SOAP 1.1 or 1.2; nothing of it is ever quoted."""
    try:
        fault = next(within(parse_xml(answer), "Fault"), None)
    except BadInput:
        return False
    code = "" if fault is None else text_of(fault, "faultcode") or text_of(fault, "Value")
    return code.rpartition(":")[2].partition(".")[0] in ("Client", "Sender")


def _refuses_some(answer: bytes) -> bool:
    """Tell whether a 2xx tells a fault, or captures that were not taken as our own endpoint does."""
    if not answer.strip():
        return False
    try:
        envelope = parse_xml(answer)
    except BadInput:
        # the page of something in between: nobody has taken anything
        raise Unavailable("what answers for the back office does not speak SOAP") from None
    if next(within(envelope, "Fault"), None) is not None:
        return True
    try:
        told = json.loads(text_of(envelope, "return") or "null")
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and bool(told.get("refused"))
