"""OpenALPR and Rekor Scout: `alpr_group` messages, one for each vehicle that passed.

Times are milliseconds since 1970, confidences 0 to 100, and -1 stands for a place that is not known. `alpr_results`
(every frame) would be many reads of one vehicle and is refused; heartbeats say nothing of vehicles. The direction of
travel is told as an angle in the picture, which does not say whether the vehicle came or went.

On failure: BadInput where the message as a whole is none of this.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import BadInput
from pipeline.join.fields import (
    base64_picture,
    epoch_milliseconds,
    json_object,
    kept_picture,
    list_in,
    object_in,
    percent,
    place,
    text_in,
)
from pipeline.join.reported import Contents, Message, Reported

_MOST_CANDIDATES = 100


def read_alpr_group(message: Message) -> Contents:
    """Return the one read of an `alpr_group`, nothing of a heartbeat."""
    told = json_object(message.body)
    kind = told.get("data_type")
    if kind == "heartbeat":
        return Contents()
    if kind != "alpr_group":
        raise BadInput('data_type is neither "alpr_group" nor "heartbeat": let the agent send groups, one a vehicle')
    best = object_in(told.get("best_plate") or {}, "best_plate")
    plate = text_in(told.get("best_plate_number") or best.get("plate"), "best_plate_number")
    if not plate:
        raise BadInput("best_plate_number is missing")
    without: list[str] = []
    read = Reported(
        camera=text_in(told.get("camera_id"), "camera_id"),
        captured_at=epoch_milliseconds(told.get("epoch_start"), "epoch_start"),
        plate=plate,
        confidence=percent(told.get("best_confidence", best.get("confidence")), "best_confidence"),
        reader=_reader(told),
        rivals=_rivals(told.get("candidates") or best.get("candidates"), plate),
        location=place(told.get("gps_latitude"), told.get("gps_longitude")),
        patch=kept_picture(base64_picture, best.get("plate_crop_jpeg"), "plate_crop_jpeg", without),
        overview=kept_picture(base64_picture, told.get("vehicle_crop_jpeg"), "vehicle_crop_jpeg", without),
    )
    return Contents(reads=(read,), refused=tuple(without))


def _reader(told: dict[str, Any]) -> str:
    version = text_in(told.get("agent_version"), "agent_version")
    return f"openalpr-{version}" if version else "openalpr"


def _rivals(candidates: Any, plate: str) -> tuple[tuple[str, float], ...]:
    found = [object_in(one, "a candidate") for one in list_in(candidates, "candidates", _MOST_CANDIDATES)]
    told = [(text_in(one.get("plate"), "a candidate's plate"), one.get("confidence")) for one in found]
    return tuple((text, percent(sure, "a candidate's confidence")) for text, sure in told if text and text != plate)
