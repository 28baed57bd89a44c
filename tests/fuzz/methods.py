"""The methods that messages are thrown at, each with messages to begin from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from pipeline.domain.alert import alert_id_of
from pipeline.wire.hotlist_proto import stamp_of
from pipeline.wire.offers import batch_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import alert_pb2, camera_pb2, hotlist_pb2, ingest_pb2, national_pb2, search_pb2, sharing_pb2
from tests.support.access import CAMERA, DAY, MARK, NOW
from tests.support.alerts import an_alerted_hit
from tests.support.people_services import asked, query, streamed
from tests.support.sharing import bare, reads

INPUTS = int(os.environ.get("ANPR_FUZZ_INPUTS", "2000"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`endless`: it goes on until its deadline. `listens`: what is sent comes as a stream."""

    name: str
    seeds: Sequence[Message]
    answer: type[Message]
    streams: bool = False
    endless: bool = False
    listens: bool = False

    @property
    def inputs(self) -> int:
        return max(INPUTS // (800 if self.endless else 80) // 2, 1)


DESK = ["control-room"]
ALERT = alert_id_of(an_alerted_hit(0).hit.hit_id)
SEARCHES = [asked(), asked(of=query(marks=["XX99*"], matching=search_pb2.MATCHING_PARTIAL), page_size=2)]
RECORDS = batch_of([encode_record(bare(one)) for one in reads(range(2))])
METHODS = [
    Method(name="SearchService/Search", seeds=SEARCHES, answer=search_pb2.SearchResponse),
    Method(
        name="SearchService/StreamSearch",
        seeds=[streamed(one) for one in SEARCHES],
        answer=search_pb2.StreamSearchResponse,
        streams=True,
    ),
    Method(
        name="SearchService/GetReads",
        seeds=[search_pb2.GetReadsRequest(reason=asked().reason, query=query(begin=NOW - 2 * DAY))],
        answer=search_pb2.GetReadsResponse,
    ),
    Method(
        name="HotlistService/LookUpMark",
        seeds=[hotlist_pb2.LookUpMarkRequest(vrm=MARK, reason="seen at the scene")],
        answer=hotlist_pb2.LookUpMarkResponse,
    ),
    Method(
        name="CameraService/GetCamera",
        seeds=[camera_pb2.GetCameraRequest(camera_id=CAMERA, with_place=True, reason="the mast is inspected")],
        answer=camera_pb2.GetCameraResponse,
    ),
    Method(
        name="NationalService/PushReads",
        seeds=[national_pb2.PushReadsRequest(batch_id="1", plain=RECORDS)],
        answer=national_pb2.PushReadsResponse,
    ),
    Method(
        name="NationalService/PushImages",
        seeds=[national_pb2.PushImagesRequest(batch_id="1", records=RECORDS.records)],
        answer=national_pb2.PushImagesResponse,
    ),
    Method(
        name="NationalService/PushErasures",
        seeds=[
            national_pb2.PushErasuresRequest(
                erasures=[
                    national_pb2.Erasure(erasure_id="1", at=stamp_of(NOW), before=stamp_of(NOW), counts={"reads": 1})
                ]
            )
        ],
        answer=national_pb2.PushErasuresResponse,
    ),
    Method(
        name="NationalService/WatchHotlists",
        seeds=[national_pb2.WatchHotlistsRequest(), national_pb2.WatchHotlistsRequest(after_revision=1)],
        answer=national_pb2.WatchHotlistsResponse,
        streams=True,
        endless=True,
    ),
    Method(
        name="SharingService/StreamReads",
        seeds=[sharing_pb2.StreamReadsRequest(start=sharing_pb2.StreamReadsStart(agreement="kent-2026"))],
        answer=sharing_pb2.StreamReadsResponse,
        streams=True,
        endless=True,
        listens=True,
    ),
    Method(
        name="IngestService/IngestReads",
        seeds=[ingest_pb2.IngestReadsRequest(batch_id="1", plain=RECORDS)],
        answer=ingest_pb2.IngestReadsResponse,
    ),
    Method(
        name="IngestService/IngestImages",
        seeds=[ingest_pb2.IngestImagesRequest(batch_id="1", records=RECORDS.records)],
        answer=ingest_pb2.IngestImagesResponse,
    ),
    Method(
        name="HotlistService/ListHotlists",
        seeds=[hotlist_pb2.ListHotlistsRequest()],
        answer=hotlist_pb2.ListHotlistsResponse,
    ),
    Method(
        name="CameraService/ListCameras",
        seeds=[camera_pb2.ListCamerasRequest(page_size=1)],
        answer=camera_pb2.ListCamerasResponse,
    ),
    Method(
        name="AlertService/ListAlerts",
        seeds=[alert_pb2.ListAlertsRequest(recipients=DESK, page_size=2)],
        answer=alert_pb2.ListAlertsResponse,
    ),
    Method(
        name="AlertService/GetAlert",
        seeds=[alert_pb2.GetAlertRequest(alert_id=ALERT, recipients=DESK)],
        answer=alert_pb2.GetAlertResponse,
    ),
    Method(
        name="AlertService/AdvanceAlert",
        seeds=[alert_pb2.AdvanceAlertRequest(alert_id=ALERT, recipients=DESK, state=alert_pb2.ALERT_STATE_SEEN)],
        answer=alert_pb2.AdvanceAlertResponse,
    ),
    Method(
        name="AlertService/WatchAlerts",
        seeds=[
            alert_pb2.WatchAlertsRequest(start=alert_pb2.WatchAlertsStart(subscriber="desk-1", recipients=DESK)),
        ],
        answer=alert_pb2.WatchAlertsResponse,
        streams=True,
        endless=True,
        listens=True,
    ),
]
