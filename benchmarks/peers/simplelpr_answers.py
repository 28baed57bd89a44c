"""SimpleLPR (commercial, trial) answers; run by the peers' Python, see `asked.py`.

On British sets it expects British plates only, elsewhere those of all Europe: its makers advise to name the countries.
Clips go through its own tracker with its own settings, whose reads are those of its closed tracks.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import simplelpr
from answering import answer_all, plain, timed

_BRITAIN = ("UK-GreatBritain",)
# fmt: off
_EUROPE = (
    "Austria", "Belgium", "Bulgaria", "Croatia", "Czech-Republic", "Denmark", "Estonia",
    "Finland", "France", "Germany", "Greece", "Hungary", "Ireland", "Italy",
    "Latvia", "Lithuania", "Luxembourg", "Netherlands", "Norway", "Poland", "Portugal",
    "Romania", "Slovakia", "Slovenia", "Spain", "Sweden", "Switzerland", "Turkey",
    "UK-GreatBritain", "Ukraine",
)
# fmt: on


class SimpleLpr:
    """The engine, set to some countries."""

    def __init__(self, operations_at_once: int = 2) -> None:
        settings = simplelpr.EngineSetupParms()
        settings.maxConcurrentImageProcessingOps = operations_at_once
        self._engine = simplelpr.SimpleLPR(settings)
        self._processors: dict[bool, Any] = {}

    def version(self, request: dict[str, Any]) -> dict[str, Any]:
        number = self._engine.versionNumber
        return {"version": f"{number.A}.{number.B}.{number.C}"}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        british = request["british"]
        processor = self._processor(british)
        reads = []
        for path in request["files"]:
            for found in processor.analyze(path):
                text, confidence = _best(found, british)
                if text:
                    box = found.boundingBox
                    corners = [box.left, box.top, box.width, box.height]
                    reads.append({"file": path, "vrm": text, "confidence": confidence, "box": corners})
        return {"reads": reads}

    def photo_timing(self, request: dict[str, Any]) -> dict[str, Any]:
        engine = self if request["threads"] == 2 else SimpleLpr(request["threads"])
        processor = engine._processor(request["british"])
        pictures = [np.ascontiguousarray(cv2.imread(path)[..., ::-1]) for path in request["files"]]
        return {"milliseconds": timed(processor.analyze, pictures, request["rounds"])}

    def plate_timing(self, request: dict[str, Any]) -> dict[str, Any]:
        # it takes one picture at a time
        return self.photo_timing(request) if request["batch"] == 1 else {}

    def video(self, request: dict[str, Any]) -> dict[str, Any]:
        self._set(british=False)
        reads = []
        for path in request["files"]:
            pool = self._engine.createProcessorPool(1)
            pool.plateRegionDetectionEnabled = pool.cropToPlateRegionEnabled = True
            tracker = self._engine.createPlateCandidateTracker(simplelpr.PlateCandidateTrackerSetupParms())
            clip, frame = cv2.VideoCapture(path), 0
            rate = clip.get(cv2.CAP_PROP_FPS)
            closed = []
            while True:
                more, pixels = clip.read()
                if not more:
                    break
                pixels = np.ascontiguousarray(pixels[..., ::-1])
                pool.launchAnalyze(0, frame, frame / rate, simplelpr.TIMEOUT_INFINITE, pixels)
                result = pool.pollNextResult(0, simplelpr.TIMEOUT_INFINITE)
                closed += tracker.processFrameCandidates(frame, frame / rate, result).closedTracks
                frame += 1
            closed += tracker.flush().closedTracks
            for track in closed:
                text, confidence = _best(track.representativeCandidate, british=False)
                first, last = track.firstDetectionFrameId, track.newestDetectionFrameId
                if text:
                    reads.append(
                        {"file": path, "vrm": text, "confidence": confidence, "first_frame": first, "last_frame": last}
                    )
        return {"reads": reads}

    def _set(self, british: bool) -> None:
        engine = self._engine
        for index in range(engine.numSupportedCountries):
            wanted = engine.get_countryCode(index) in (_BRITAIN if british else _EUROPE)
            engine.set_countryWeight(index, float(wanted))
        engine.realizeCountryWeights()

    def _processor(self, british: bool) -> Any:
        if british not in self._processors:
            self._set(british)
            processor = self._engine.createProcessor()
            processor.plateRegionDetectionEnabled = processor.cropToPlateRegionEnabled = True
            # a change of countries reaches processors made before it
            self._processors = {british: processor}
        return self._processors[british]


def _best(found: Any, british: bool) -> tuple[str, float]:
    """Return the text to take: that of a country where British plates are expected, else the raw one."""
    of_country = [match for match in found.matches if match.countryISO]
    raw = [match for match in found.matches if not match.countryISO]
    matches = (of_country if british else []) or raw or of_country
    if not matches:
        return "", 0.0
    best = max(matches, key=lambda match: match.confidence)
    return plain(best.text), float(best.confidence)


if __name__ == "__main__":
    engine = SimpleLpr()
    answer_all(
        {
            "version": engine.version,
            "read": engine.read,
            "video": engine.video,
            "photo_timing": engine.photo_timing,
            "plate_timing": engine.plate_timing,
        }
    )
