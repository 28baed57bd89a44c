"""The only wiring of what reads plates: detector and recogniser with the models loaded.

They are imported where they are built, so that a process loads only the runtime that it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.cropped import CropReader
    from pipeline.reading import LocalPlateReader


def plate_reader(settings: Settings) -> LocalPlateReader:
    """Return detector and recogniser for video, with the models loaded."""
    from pipeline.capture.threads import serve_cameras

    serve_cameras()
    return _plate_reader(settings, still=False)


def still_reader(settings: Settings) -> LocalPlateReader:
    """Return detector and recogniser for photographs, which are larger than video and have smaller plates."""
    return _plate_reader(settings, still=True)


def crop_reader(settings: Settings) -> CropReader:
    """Return what reads pictures that are a plate already."""
    from pipeline.cropped import CropReader
    from pipeline.detect.detector import open_corners
    from pipeline.recognise.opening import open_recogniser

    return CropReader(
        open_recogniser(settings.recognise, settings.inference, still=True),
        open_corners(settings.detect, settings.inference),
        sure_from=settings.recognise.look_around_below,
    )


def runtime_of(settings: Settings) -> str:
    """Return the name of the runtime that the models will run in."""
    return settings.inference.chosen


def _plate_reader(settings: Settings, *, still: bool) -> LocalPlateReader:
    from pipeline.detect.detector import open_detector
    from pipeline.reading import LocalPlateReader
    from pipeline.recognise.opening import open_recogniser

    return LocalPlateReader(
        open_detector(settings.detect, settings.inference, still=still),
        open_recogniser(settings.recognise, settings.inference, still=still),
        doubting=still,
    )
