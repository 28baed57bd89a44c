"""What is measured of the detector is what counts as a find: nothing below the confidence that is printed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.detect.settings import DetectSettings
from training.detector import commands


@pytest.mark.parametrize("confidence", [None, 0.7])
def test_finds_that_only_continue_a_passage_are_not_counted(
    confidence: float | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[DetectSettings, bool]] = []

    def opened(settings: DetectSettings, inference: object, *, still: bool) -> SimpleNamespace:
        asked.append((settings, still))
        return SimpleNamespace(version="none")

    monkeypatch.setattr(commands, "open_detector", opened)
    monkeypatch.setattr(commands, "SceneMaker", lambda *pictures: None)
    for pictures in ("dashcam", "photos", "backgrounds"):
        monkeypatch.setattr(commands, pictures, lambda *given: [])
    commands.measure(
        Namespace(
            pictures=Path("none"), weights=None, corner_weights=None, confidence=confidence, threads=1,
            measure=[], misses=False, scenes=0, seed=1,
        )
    )  # fmt: skip
    shipped, printed = DetectSettings(), capsys.readouterr().out
    for settings, still in asked:
        least = confidence or (shipped.still_minimum_confidence if still else shipped.minimum_confidence)
        assert min(settings.continuing_confidence, settings.minimum_confidence) == least
        assert settings.still_minimum_confidence == least
        assert f"{'still' if still else 'video'} sizes, confidence {least}" in printed
    assert [still for _, still in asked] == [False, True]
