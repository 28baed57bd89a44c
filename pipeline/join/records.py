"""From what another maker's reader reported to a capture record of our own.

Promise: the same report gives the same `read_id`, which is a digest of feed, source, camera, time and mark, by which
late pictures and repeats find their read. `model_version` begins with `joined/`, `clock_state` is `camera`: whoever
looks at the read later sees that another maker read it, by a clock that nobody here checked. No doubts are told and no
confidence of single characters, for these readers tell none; near matching then doubts by experience.

On failure: a read of a camera that is not in the settings, or whose mark is none, is refused with a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.read import (
    CaptureRecord,
    ClockState,
    Direction,
    FeedId,
    Location,
    Read,
    ReadId,
    SourceId,
    digest_of,
)
from pipeline.domain.syntax import syntax_of
from pipeline.domain.vrm import Vrm, parse_vrm
from pipeline.errors import BadInput
from pipeline.join.reported import Contents, Joined, LatePicture, Reported
from pipeline.join.settings import JoinedCameraSettings, SenderSettings

JOINED = "joined/"
"""How `model_version` begins where the plate was read by a camera of another maker."""
_LONGEST_RAW = 32
_MOST_RIVALS = 10


def join(contents: Contents, sender: SenderSettings, received_at: datetime) -> Joined:
    """Return the records of what `sender` sent, and why the rest was refused."""
    records, late, refused = [], [], list(contents.refused)
    for number, reported in enumerate(contents.reads, 1):
        try:
            records.append(_record(reported, sender, received_at))
        except BadInput as error:
            refused.append(f"read {number} of {len(contents.reads)}: {error}")
    for picture in contents.late:
        try:
            late.append(_late_record(picture, sender, received_at))
        except BadInput as error:
            refused.append(f"a picture: {error}")
    return Joined(records=tuple(records), late=tuple(late), refused=tuple(refused))


def joined_read_id(camera: JoinedCameraSettings, captured_at: datetime, vrm: Vrm) -> ReadId:
    """Return the id of the read that a camera made of a mark at a time."""
    instant = captured_at.astimezone(UTC).isoformat(timespec="microseconds")
    named = "\n".join((camera.feed_id, camera.source_id, camera.camera_id, instant, vrm))
    return ReadId(hashlib.sha256(f"{JOINED}\n{named}".encode()).hexdigest()[:32])


def _record(reported: Reported, sender: SenderSettings, received_at: datetime) -> CaptureRecord:
    camera = _camera(reported.camera, sender)
    vrm = parse_vrm(reported.plate)
    sure = sender.assumed_confidence if reported.confidence is None else reported.confidence
    read = Read(
        read_id=joined_read_id(camera, reported.captured_at, vrm),
        feed_id=FeedId(camera.feed_id),
        source_id=SourceId(camera.source_id),
        camera_id=CameraId(camera.camera_id),
        captured_at=reported.captured_at,
        received_at=received_at,
        clock_state=ClockState.CAMERA,
        location=_location(camera) or reported.location,
        vrm=vrm,
        raw_text=" ".join(reported.plate.split())[:_LONGEST_RAW],
        confidence=sure,
        character_confidences=(),
        candidates=_candidates(vrm, sure, reported.rivals),
        syntax=syntax_of(vrm),
        direction=reported.direction,
        lane=reported.lane if reported.lane is not None else camera.lane,
        patch_digest=digest_of(reported.patch),
        overview_digest=digest_of(reported.overview),
        sighting_count=1,
        model_version=f"{JOINED}{reported.reader}"[:64],
    )
    return CaptureRecord(read=read, patch=reported.patch, overview=reported.overview)


def _late_record(picture: LatePicture, sender: SenderSettings, received_at: datetime) -> CaptureRecord:
    """Return a record with what the picture's call tells: enough to find the read, and the picture."""
    told = Reported(
        camera=picture.camera,
        captured_at=picture.captured_at,
        plate=picture.plate,
        confidence=None,
        reader="late-picture",
        direction=Direction.UNKNOWN,
        patch=picture.patch,
        overview=picture.overview,
    )
    return _record(told, sender, received_at)


def _camera(name: str, sender: SenderSettings) -> JoinedCameraSettings:
    if not name and len(sender.cameras) == 1:
        return next(iter(sender.cameras.values()))
    camera = sender.cameras.get(name)
    if camera is None:
        raise BadInput(
            "the camera that the message names is not one of this sender's: enter it in the settings under its cameras"
            if name
            else "the message names no camera, and this sender has several"
        )
    return camera


def _location(camera: JoinedCameraSettings) -> Location | None:
    if camera.latitude is None or camera.longitude is None:
        return None
    return Location(latitude=camera.latitude, longitude=camera.longitude)


def _candidates(vrm: Vrm, sure: float, rivals: Sequence[tuple[str, float]]) -> tuple[Candidate, ...]:
    """Return the mark and its rivals, which share what probability the mark leaves: makers' scores add up to more."""
    scored: dict[Vrm, float] = {}
    for text, score in rivals:
        try:
            rival = parse_vrm(text)
        except BadInput:
            # a rival that no plate can carry is no candidate
            continue
        if rival != vrm:
            scored[rival] = max(score, scored.get(rival, 0.0))
    best = sorted(scored.items(), key=lambda one: (-one[1], one[0]))[:_MOST_RIVALS]
    left = (1.0 - sure) / max(sum(score for _, score in best), 1.0 - sure, 1e-9)
    return (
        Candidate(text=vrm, probability=sure),
        *(Candidate(text=rival, probability=score * left) for rival, score in best if score > 0.0),
    )
