"""The temperature is fitted in the precision that the product reads in, where that is asked for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.inference import settings
from pipeline.inference.weights import metadata_of
from pipeline.recognise.opening import TEMPERATURE_KEY, WEIGHTS
from tests.unit.recognise.test_golden import TRUTH, patches
from training import __main__ as recipe
from training.recogniser import calibrate
from training.recogniser.heldout import HeldOut


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The precisions that networks were opened in, on a processor that multiplies bfloat16."""
    precisions: list[str] = []

    def opening(path: Path, *, precision: Any = "float32") -> Any:
        precisions.append(precision)
        return plain(path)

    plain = calibrate.open_session
    texts = tuple(notes["text"] for notes in TRUTH.values())
    pictures = np.asarray(patches().transpose(0, 2, 3, 1), np.uint8)
    held = HeldOut(patches=pictures, texts=texts, widths=np.full(len(texts), 100.0))
    monkeypatch.setattr(calibrate, "open_session", opening)
    monkeypatch.setattr(calibrate, "held_out", lambda *_: held)
    monkeypatch.setattr(settings, "multiplies_bfloat16", lambda: True)
    return precisions


@pytest.mark.parametrize(("flags", "expected"), [([], "float32"), (["--quickest"], "bfloat16")])
def test_the_temperature_is_fitted_in_the_precision_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[str], flags: list[str], expected: str
) -> None:
    copy = tmp_path / WEIGHTS.name
    shutil.copy(WEIGHTS, copy)
    monkeypatch.setattr("sys.argv", ["calibrate", "--large", str(copy), "--small", str(tmp_path / "none"), *flags])
    calibrate.main()
    assert opened == [expected]
    assert float(metadata_of(copy)[TEMPERATURE_KEY]) > 0


def test_the_recipe_fits_it_in_the_precision_of_the_card() -> None:
    assert "--quickest" in recipe.steps(Path("pictures"))["calibration"]
