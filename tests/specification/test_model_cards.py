"""The model cards say which weights they are about, from when, and which commit brought them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.inference.weights import model_version_of

ROOT = Path(__file__).parents[2]
WEIGHTS = sorted(ROOT.glob("pipeline/*/weights/*.onnx"))


@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda path: path.name)
def test_a_card_names_its_weights_their_version_their_day_and_their_commit(weights: Path) -> None:
    card = weights.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    version = model_version_of(weights)
    (day,) = re.findall(r"\d{4}-\d{2}-\d{2}", version)
    assert f"`{weights.name}`" in card
    assert f"`{version}`" in card
    assert day in card.replace(version, "")
    named = set(re.findall(r"commit\D*?\b([0-9a-f]{7})\b", card))
    assert named
    # a copy without the whole history cannot tell what a commit brought
    asked = subprocess.run(
        ["git", "log", "--format=%H", "--", str(weights)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    known = asked.stdout.split()
    shallow = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shallow.stdout.strip() == "false":
        assert any(commit.startswith(tuple(named)) for commit in known)


def test_there_are_weights() -> None:
    assert len(WEIGHTS) == 3
