"""Plate Recognizer Stream: webhooks as JSON, or as a form whose field `json` has it and `upload` the whole picture.

`timestamp` is UTC, scores are 0 to 1, and `results` has one entry for each vehicle. A direction is an angle in the
picture, which does not say whether the vehicle came or went. Results for vehicles without a plate are no reads.

On failure: BadInput where the message as a whole is none of this; a result that cannot be a read is refused alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from pipeline.errors import BadInput
from pipeline.join.fields import instant, json_object, kept_picture, list_in, number, object_in, picture, place, text_in
from pipeline.join.parts import is_multipart, parts_of
from pipeline.join.reported import Contents, Message, Reported

_MOST_RESULTS = 100
_MOST_CANDIDATES = 100
_FORM = "application/x-www-form-urlencoded"


def read_plate_recognizer(message: Message) -> Contents:
    """Return the reads of a webhook."""
    told, upload = _opened(message)
    hook, content = object_in(told.get("hook") or {}, "hook"), object_in(told.get("data"), "data")
    if hook.get("event") not in (None, "recognition", "image.done", "image.done.recognition"):
        # status reports of the stream come to the same address
        return Contents()
    without: list[str] = []
    overview = kept_picture(picture, upload, "upload", without)
    at = instant(text_in(content.get("timestamp"), "timestamp"), "timestamp", message.zone)
    camera = text_in(content.get("camera_id"), "camera_id")
    where = place(content.get("latitude"), content.get("longitude"))
    reads = []
    for result in list_in(content.get("results"), "results", _MOST_RESULTS):
        try:
            plate, score, rivals = _plate_of(object_in(result, "a result"))
            if plate:
                reads.append(
                    Reported(
                        camera=camera,
                        captured_at=at,
                        plate=plate,
                        confidence=score,
                        reader="plate-recognizer",
                        rivals=rivals,
                        location=where,
                        overview=overview,
                    )
                )
        except BadInput as error:
            without.append(f"a result: {error}")
    return Contents(reads=tuple(reads), refused=tuple(without))


def _opened(message: Message) -> tuple[dict[str, Any], bytes]:
    if is_multipart(message.content_type):
        parts = {one.name: one.content for one in parts_of(message.body, message.content_type)}
        if "json" not in parts:
            raise BadInput("the form has no field called json")
        return json_object(parts["json"]), parts.get("upload", b"")
    if message.content_type.startswith(_FORM):
        try:
            fields = parse_qs(message.body.decode("utf-8"), max_num_fields=16)
        except (UnicodeDecodeError, ValueError):
            raise BadInput("the form is not UTF-8, or has more than 16 fields") from None
        if "json" not in fields:
            raise BadInput("the form has no field called json")
        return json_object(fields["json"][0]), b""
    return json_object(message.body), b""


def _plate_of(result: dict[str, Any]) -> tuple[str, float | None, tuple[tuple[str, float], ...]]:
    """Return mark, score and rivals: `plate` is the mark itself, or, in newer versions, an object with `props`."""
    told = result.get("plate")
    if isinstance(told, dict):
        props = object_in(told.get("props") or {}, "props")
        spelt, score = list_in(props.get("plate"), "props.plate", _MOST_CANDIDATES), told.get("score")
        texts = [(one.get("value"), one.get("score")) for one in (object_in(each, "a plate") for each in spelt)]
        told, score = texts[0] if texts else ("", score)
    else:
        score = result.get("score")
        several = list_in(result.get("candidates"), "candidates", _MOST_CANDIDATES)
        texts = [(one.get("plate"), one.get("score")) for one in (object_in(each, "a candidate") for each in several)]
    plate = text_in(told, "plate")
    rivals = tuple(
        (text, number(sure, "a candidate's score", 0.0, 1.0))
        for text, sure in ((text_in(one, "a candidate"), sure) for one, sure in texts)
        # some versions name candidates without a score
        if text and text != plate and sure is not None
    )
    return plate, None if score is None else number(score, "score", 0.0, 1.0), rivals
