"""Which adapter reads which format: each is a function from a message to what it says.

On failure: BadInput where a message as a whole is none of its format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.join.alpr_group import read_alpr_group
from pipeline.join.bof2 import read_bof2
from pipeline.join.hikvision import read_hikvision
from pipeline.join.onvif import read_onvif
from pipeline.join.plate_recognizer import read_plate_recognizer
from pipeline.join.reported import Contents, Message
from pipeline.join.settings import Format

ADAPTERS: Mapping[Format, Callable[[Message], Contents]] = {
    Format.ONVIF: read_onvif,
    Format.BOF2: read_bof2,
    Format.ALPR_GROUP: read_alpr_group,
    Format.PLATE_RECOGNIZER: read_plate_recognizer,
    Format.HIKVISION: read_hikvision,
}
