"""Both networks from nothing: `python -m training`, the recipe of the model cards, one step after the other.

A step that is done is not done again: each leaves a mark in training/work. A step that was stopped goes on from its
last checkpoint. What comes out is such networks, not the shipped ones bit for bit: their courses were stopped and
changed on the way, the reader's first learns from drawn plates alone here, an eye struck three of the second course's
proposals for real plates that are taken as they come here, and the mixture of its eighth holds flags and screws that
it did not see then (`training/variants.py`). How long the shipped courses took is in the model cards.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.inference.precision import multiplies_bfloat16
from training.openly_licensed import TEXT_DETECTOR, TEXT_RECOGNISER, downloaded

WORK = Path(__file__).parent / "work"
STRUCK = (
    "6d0350", "906e22", "5c952d", "29f666", "692d94", "5ebcec", "2fc21d", "c8f222", "dcd10e", "889521", "095166",
)  # fmt: skip
STRUCK_LATER = (
    "6d0350", "906e22", "5c952d", "3090c8", "b24013", "a05e3d", "c85eff", "a4b322", "bd4290", "ad5dc4", "72d0fe",
    "d7edda",
)  # fmt: skip
"""Prints (`proposed.print_of`) of proposals for real plates that an eye found wrong or could not confirm: for the third
course, and for those after it. No texts, because misreads of real plates are nearly their marks."""


def steps(pictures: Path) -> dict[str, list[str]]:
    """Return every step's command by its name, in order."""
    train = (pictures / "train").resolve()
    wheel = WORK / "openly-licensed"
    detector, first, second = "training.detector", WORK / "detector" / "first.pt", WORK / "detector" / "second.pt"
    reader = str(downloaded(TEXT_RECOGNISER, wheel))
    text_detector = str(downloaded(TEXT_DETECTOR, wheel))
    today = datetime.now(UTC).date().isoformat()
    interim = str(WORK / "detector" / "first.onnx")
    return {
        "recogniser": [
            "training.recogniser",
            *("--resume", "--start", reader, "--backgrounds", str(train / "backgrounds")),
        ],
        "real plates": [
            "training.recogniser.proposed",
            *("--reader", "pipeline/recognise/weights/recogniser.onnx"),
            *("--dashcam", str(train / "ro_dashcam"), "--photos", str(train / "pl_photos")),
            *("--out", str(WORK / "recogniser-second" / "real")),
        ],
        "recogniser again": [
            "training.recogniser",
            *("--resume", "--from-shipped", "--backgrounds", str(train / "backgrounds")),
            *("--work", str(WORK / "recogniser-second"), "--real", str(WORK / "recogniser-second" / "real")),
            *("--steps", "1480", "--batch", "24", "--seed", "21", "--frozen-blocks", "9", "--moved-by", "0.6"),
        ],
        "real plates again": [
            "training.recogniser.proposed",
            *("--reader", "pipeline/recognise/weights/recogniser.onnx"),
            *("--dashcam", str(train / "ro_dashcam"), "--photos", str(train / "pl_photos")),
            *("--out", str(WORK / "recogniser-third" / "real"), "--struck", *STRUCK),
        ],
        "recogniser once more": [
            "training.recogniser",
            *("--resume", "--from-shipped", "--backgrounds", str(train / "backgrounds")),
            *("--work", str(WORK / "recogniser-third"), "--real", str(WORK / "recogniser-third" / "real")),
            *("--steps", "4500", "--batch", "32", "--rate", "3e-4", "--seed", "31", "--shards", "60"),
            *("--moved-by", "0.8", *(("--bfloat16",) if multiplies_bfloat16() else ())),
        ],
        "real plates for again, later": [
            "training.recogniser.proposed",
            *("--reader", "pipeline/recognise/weights/recogniser.onnx"),
            *("--dashcam", str(train / "ro_dashcam"), "--photos", str(train / "pl_photos")),
            *("--out", str(WORK / "recogniser-hard" / "real"), "--struck", *STRUCK_LATER),
        ],
        "hard plates": [
            "training.recogniser.hard",
            *("--work", str(WORK / "recogniser-hard"), "--backgrounds", str(train / "backgrounds")),
            *("--seed", "5", "--shards", "16"),
        ],
        "recogniser on hard plates": [
            "training.recogniser",
            *("--resume", "--from-shipped", "--backgrounds", str(train / "backgrounds")),
            *("--work", str(WORK / "recogniser-hard"), "--real", str(WORK / "recogniser-hard" / "real")),
            *("--steps", "2240", "--batch", "32", "--rate", "2.5e-4", "--seed", "5", "--shards", "16"),
            *("--moved-by", "0.8", *(("--bfloat16",) if multiplies_bfloat16() else ())),
        ],
        "patches without a mark": [
            "training.recogniser.unread",
            *("--pictures", str(pictures.resolve()), "--out", str(WORK / "recogniser-mixed" / "unread.npy")),
        ],
        "real plates, far ones too": [
            "training.recogniser.proposed",
            *("--reader", "pipeline/recognise/weights/recogniser.onnx", "--nearer"),
            *("--dashcam", str(train / "ro_dashcam"), "--photos", str(train / "pl_photos")),
            *("--out", str(WORK / "recogniser-mixed" / "real"), "--struck", *STRUCK_LATER),
        ],
        "mixed plates": [
            "training.recogniser.mixed",
            *("--work", str(WORK / "recogniser-mixed"), "--backgrounds", str(train / "backgrounds")),
            *("--seed", "8", "--shards", "19", "--variants"),
        ],
        "recogniser on mixed plates": [
            "training.recogniser",
            *("--resume", "--from-shipped", "--backgrounds", str(train / "backgrounds")),
            *("--work", str(WORK / "recogniser-mixed"), "--real", str(WORK / "recogniser-mixed" / "real")),
            *("--steps", "2500", "--batch", "32", "--rate", "2.5e-4", "--seed", "8", "--shards", "19"),
            *("--real-share", "0.12", "--real-worse", "0.4"),
            *("--moved-by", "0.7", *(("--bfloat16",) if multiplies_bfloat16() else ())),
        ],
        "patches without a mark, again": [
            "training.recogniser.unread",
            *("--pictures", str(pictures.resolve()), "--out", str(WORK / "recogniser-tenth" / "unread.npy")),
        ],
        "real plates, far ones too, again": [
            "training.recogniser.proposed",
            *("--reader", "pipeline/recognise/weights/recogniser.onnx", "--nearer"),
            *("--dashcam", str(train / "ro_dashcam"), "--photos", str(train / "pl_photos")),
            *("--out", str(WORK / "recogniser-tenth" / "real"), "--struck", *STRUCK_LATER),
        ],
        "plates nearer to real ones": [
            "training.recogniser.mixed",
            *("--work", str(WORK / "recogniser-tenth"), "--backgrounds", str(train / "backgrounds")),
            *("--seed", "10", "--shards", "24", "--variants", "--lifelike", "--reshaped", "--but-held-out"),
        ],
        "recogniser on plates nearer to real ones": [
            "training.recogniser",
            *("--resume", "--from-shipped", "--backgrounds", str(train / "backgrounds")),
            *("--work", str(WORK / "recogniser-tenth"), "--real", str(WORK / "recogniser-tenth" / "real")),
            *("--steps", "3072", "--batch", "32", "--rate", "2.5e-4", "--seed", "10", "--shards", "24"),
            *("--real-share", "0.12", "--real-worse", "0.4"),
            *(("--bfloat16",) if multiplies_bfloat16() else ()),
        ],
        "student": ["training.recogniser.student", "--resume", "--pictures", str(pictures.resolve())],
        "calibration": ["training.recogniser.calibrate", "--quickest", "--backgrounds", str(train / "backgrounds")],
        "misreads": ["training.recogniser.misreads"],
        "scenes": [detector, "render", "--pictures", str(train)],
        "first": [detector, "teach", "--name", "first", "--resume", "--text-detector", text_detector],
        "interim": [detector, "export-large", str(first), "--to", interim, "--day", today],
        "mistakes": [detector, "mine", "--weights", interim, "--pictures", str(train)],
        "second": [
            *(detector, "teach", "--name", "second", "--resume", "--start", str(first)),
            *("--steps", "1850", "--rate", "1.1e-3"),
        ],
        "rough": [detector, "slim", "--resume", "--large", str(second)],
        "detector": [detector, "export-rough", str(second.with_name("slim.pt")), "--day", today],
        "eight bits": [detector, "quantise", "--pictures", str(train)],
        "more mistakes": [detector, "mine", "--round", "1", "--pictures", str(train)],
        "corners": [detector, "corners", "--resume"],
        "corner weights": [detector, "export-corners", str(second.with_name("corners.pt")), "--day", today],
        "evaluation": [detector, "measure", "--pictures", str(train)],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train both networks from nothing.")
    parser.add_argument("--pictures", type=Path, default=Path(os.environ.get("ANPR_DATA", "../shared/data")))
    pictures = parser.parse_args().pictures
    if not (pictures / "train").is_dir():
        print(f"{pictures}/train: no pictures to train with; set ANPR_DATA", file=sys.stderr)
        return 1
    for name, command in steps(pictures).items():
        done = WORK / f"{name}.done"
        if done.exists():
            print(f"{name}: done before (remove {done} to do it again)")
            continue
        print(f"{name}: python -m {' '.join(command)}", flush=True)
        status = subprocess.run([sys.executable, "-m", *command], check=False).returncode
        if status:
            print(f"{name}: failed with {status}; mend it and run this again", file=sys.stderr)
            return status
        done.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
