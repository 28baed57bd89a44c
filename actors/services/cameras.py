"""`CameraService` over a `CameraOverview`: requests in, messages out."""

from __future__ import annotations

import asyncio

import grpc

from actors.services.around import Context, caller
from pipeline.access.cameras.overview import CameraOverview, CameraSeen
from pipeline.domain.plate import CameraId
from pipeline.wire.hotlist_proto import stamp_of, time_of
from pipeline.wire.read_proto import enum_name
from pipeline.wire.search_proto import message_of_place
from protos.anpr.v1 import camera_pb2, camera_pb2_grpc


class CameraServicer(camera_pb2_grpc.CameraServiceServicer):
    """Small reads of one small file."""

    name = "anpr.v1.CameraService"

    def __init__(self, overview: CameraOverview) -> None:
        self._overview = overview

    def add_to(self, server: grpc.aio.Server) -> None:
        camera_pb2_grpc.add_CameraServiceServicer_to_server(self, server)

    async def ListCameras(  # noqa: N802
        self, request: camera_pb2.ListCamerasRequest, context: Context
    ) -> camera_pb2.ListCamerasResponse:
        cameras, token = await asyncio.to_thread(
            self._overview.listed, size=request.page_size, after=request.page_token
        )
        return camera_pb2.ListCamerasResponse(cameras=[_message_of(one) for one in cameras], next_page_token=token)

    async def GetCamera(self, request: camera_pb2.GetCameraRequest, context: Context) -> camera_pb2.GetCameraResponse:  # noqa: N802
        camera_id, at = CameraId(request.camera_id), time_of(request.at) if request.HasField("at") else None
        seen = await asyncio.to_thread(self._overview.one, camera_id, at)
        answer = camera_pb2.GetCameraResponse(camera=_message_of(seen))
        if request.with_place:
            person = caller().identified()
            place = await asyncio.to_thread(self._overview.place, camera_id, at, by=person, reason=request.reason)
            answer = camera_pb2.GetCameraResponse(camera=_message_of(seen), place=message_of_place(place))
        return answer


def _message_of(seen: CameraSeen) -> camera_pb2.RegisteredCamera:
    return camera_pb2.RegisteredCamera(
        camera_id=seen.camera.camera_id,
        kind=enum_name("CAMERA_KIND", seen.camera.kind.value),
        force=seen.camera.force,
        area=seen.camera.area,
        since=stamp_of(seen.camera.since),
        assessment=seen.assessment.value if seen.assessment else "",
        review_on=seen.review_on.isoformat() if seen.review_on else "",
        may_run=not seen.why_not,
        why_not=seen.why_not,
    )
