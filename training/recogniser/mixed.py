"""Shards of what more patches of the same kind do not teach: fixings, movement at small size, what bears no mark.

    python -m training.recogniser.unread --pictures DATA --out training/work/recogniser-mixed/unread.npy
    python -m training.recogniser.mixed --work training/work/recogniser-mixed --backgrounds FOLDER

Of ten patches four bear the fixings of `training/fixings.py`, two are small and moved, as in video, and two are drawn
as ever. One in fourteen is cut at an end (`training/recogniser/partly.py`), and one in eight bears no mark that can be
read: places where the detector is fooled, pieces of cars beside their plates, plates mostly beyond the edge or too
blurred. Which of all these are kept is told as for `training.recogniser.hard`: what the shipped recogniser is unsure
of, and one in seven of the rest.

With `--lifelike`, six in ten plates of this mixture (of those with a mark) are drawn as a camera develops them, four
fifths of these on uneven grounds, half of them with caps that hardly stand out or touch a stroke. `--variants` adds
plates with flags and with a screw between two ones (`training/variants.py`); `--reshaped` draws most British characters
as `training/reshaped.py` has them.

The shipped weights learnt from 19 of these shards as they are and then from 24 with all three (model card); a course of
660 steps won nothing on plates that it had not seen, one of 1,150 on lifelike ones next to nothing (DECISIONS.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.domain.plate import Pixels, Quad
from pipeline.inference.session import open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.recognise.opening import WEIGHTS
from training.bolts import bolted
from training.codec import as_video
from training.degrade import ORDINARY, Hardship, jittered
from training.detector.corpus import backgrounds
from training.fixings import fixed
from training.grounds import uneven
from training.plates import RenderedPlate
from training.recogniser.corpus import Backgrounds, any_plate, measured_sample
from training.recogniser.hard import found_or_cut_out, write_shard
from training.recogniser.partly import partly_seen
from training.recogniser.teaching import varied
from training.variants import mostly_reshaped_plate, variant_plate

_UNREADABLE, _FIXED, _MOVED, _PARTLY = 0.125, 0.4, 0.2, 0.07
_MINED_SHARE, _CUT_OFF_SHARE = 0.6, 0.25
_SMALL = Hardship(smallest_character=8.0, largest_character=20.0, blur=1.6)
_BEYOND_READING = Hardship(smallest_character=4.0, largest_character=7.0, blur=4.0)
_CODED_SHARE = 0.35
_LIFELIKE_SHARE, _LIFELIKE_SMALL_SHARE, _VARIANT_SHARE = 0.6, 0.3, 0.09
_UNEVEN, _BOLTED, _FIXED_TOO = 0.8, 0.5, 0.25
"""Shares of what `lifelike` gives a plate."""
_LIFELIKE, _LIFELIKE_SMALL = (
    replace(one, recessed=0.25, under_lamps=0.15, developed=True) for one in (Hardship(), _SMALL)
)
Draw = Callable[[np.random.Generator, float], RenderedPlate]
Change = Callable[[np.random.Generator, RenderedPlate, float], RenderedPlate]
_OFF = (0.55, 0.9)
"""The share of a plate that is beyond the edge of its patch; of what shows more, somebody could read something."""


class Mixture:
    """Draws the patches of the course; `unread` are patches without a mark, N x 48 x 192 x 3.

    With `lifelike`, six in ten of those with a mark are `lifelike_sample`s instead, with `variants` one in eleven is a
    `variant_sample`; the rest is as without. With `reshaped`, British plates mostly bear `training/reshaped.py`'s
    characters.
    """

    def __init__(
        self, unread: NDArray[np.uint8], *, lifelike: bool = False, variants: bool = False, reshaped: bool = False
    ) -> None:
        self._unread, self._lifelike_share = unread, _LIFELIKE_SHARE if lifelike else 0.0
        self._variant_share = _VARIANT_SHARE if variants else 0.0
        self._drawn: Draw = mostly_reshaped_plate if reshaped else any_plate
        self._variant: Draw = partial(variant_plate, reshaped=reshaped)

    def __call__(self, rng: np.random.Generator, backgrounds: Backgrounds) -> tuple[Pixels, str]:
        """Return a patch and its text, which is empty where there is nothing to read."""
        chance = float(rng.random())
        if chance < _UNREADABLE:
            return self._nothing_to_read(rng, backgrounds), ""
        if self._variant_share and rng.random() < self._variant_share:
            return variant_sample(rng, backgrounds, self._variant)
        if self._lifelike_share and rng.random() < self._lifelike_share:
            return lifelike_sample(rng, backgrounds, self._drawn)
        if chance < _UNREADABLE + _FIXED:
            return self._taken(rng, backgrounds, changed=fixed)
        if chance < _UNREADABLE + _FIXED + _MOVED:
            patch, text = self._taken(rng, backgrounds, hardship=_SMALL)
            return (as_video(rng, patch), text) if rng.random() < _CODED_SHARE else (patch, text)
        if chance < _UNREADABLE + _FIXED + _MOVED + _PARTLY:
            return partly_seen(rng, backgrounds, self._drawn)
        return self._taken(rng, backgrounds)

    def _taken(
        self,
        rng: np.random.Generator,
        backgrounds: Backgrounds,
        changed: Change | None = None,
        hardship: Hardship = ORDINARY,
    ) -> tuple[Pixels, str]:
        return measured_sample(
            rng, backgrounds, found=found_or_cut_out, changed=changed, hardship=hardship, drawn=self._drawn
        )[:2]

    def _nothing_to_read(self, rng: np.random.Generator, backgrounds: Backgrounds) -> Pixels:
        chance = rng.random()
        if chance < _MINED_SHARE and len(self._unread):
            at = int(rng.integers(len(self._unread)))
            return np.asarray(varied(rng, self._unread[at : at + 1])[0].transpose(1, 2, 0), np.uint8)
        if chance < _MINED_SHARE + _CUT_OFF_SHARE:
            return measured_sample(rng, backgrounds, found=_cut_off)[0]
        return measured_sample(rng, backgrounds, hardship=_BEYOND_READING)[0]


def variant_sample(
    rng: np.random.Generator, backgrounds: Backgrounds, drawn: Draw = variant_plate
) -> tuple[Pixels, str]:
    """Return a patch of a plate with a flag, or with a screw between two ones, and its text."""
    return measured_sample(rng, backgrounds, found=found_or_cut_out, drawn=drawn)[:2]


def lifelike_sample(rng: np.random.Generator, backgrounds: Backgrounds, drawn: Draw = any_plate) -> tuple[Pixels, str]:
    """Return a patch of a plate of `drawn` as a camera develops it, three in ten small and moved, and its text."""
    hardship = _LIFELIKE_SMALL if rng.random() < _LIFELIKE_SMALL_SHARE else _LIFELIKE
    patch, text, _ = measured_sample(
        rng, backgrounds, found=found_or_cut_out, changed=lifelike, hardship=hardship, drawn=drawn
    )
    return patch, text


def lifelike(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
    """Return `plate` as it may look on a car: with caps that hardly stand out, fixings, on uneven ground."""
    if rng.random() < _BOLTED:
        plate = bolted(rng, plate, pixels_per_mm)
    if rng.random() < _FIXED_TOO:
        plate = fixed(rng, plate, pixels_per_mm)
    return uneven(rng, plate, pixels_per_mm) if rng.random() < _UNEVEN else plate


def _cut_off(rng: np.random.Generator, quad: Quad) -> Quad:
    """Return a quad of the plate's size that holds an end of it only, or a strip along its upper or lower edge."""
    corners = np.asarray(jittered(rng, quad).corners)
    along = (corners[1] - corners[0]) if rng.random() < 0.6 else (corners[3] - corners[0])
    moved = corners + along * float(rng.uniform(*_OFF)) * float(rng.choice([-1, 1]))
    a, b, c, d = ((float(x), float(y)) for x, y in moved)
    return Quad(corners=(a, b, c, d))


def main() -> None:
    """Write the shards that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.mixed", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder of the course that will take them")
    parser.add_argument("--unread", type=Path, help="patches made by training.recogniser.unread (default: in --work)")
    parser.add_argument("--seed", type=int, default=6, help="the course's seed")
    parser.add_argument("--first", type=int, default=0, help="begin with this shard")
    parser.add_argument("--shards", type=int, default=12, help="how many there are to be in all")
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without plates")
    parser.add_argument("--lifelike", action="store_true", help="uneven grounds, flush caps, a camera's fine noise")
    parser.add_argument("--variants", action="store_true", help="flags on bands, a screw between two ones")
    parser.add_argument("--reshaped", action="store_true", help="British characters nearer to real ones")
    parser.add_argument(
        "--but-held-out", action="store_true", help="leave out the backgrounds that false reads are counted in"
    )
    chosen = parser.parse_args()
    if chosen.but_held_out and not chosen.backgrounds:
        parser.error("--but-held-out leaves out some of --backgrounds: name their folder")
    cv2.setNumThreads(1)
    reader = open_session(WEIGHTS, precision=InferenceSettings(runtime="openvino", threads=1).quickest)
    draw = Mixture(
        np.load(chosen.unread or chosen.work / "unread.npy"),
        lifelike=chosen.lifelike,
        variants=chosen.variants,
        reshaped=chosen.reshaped,
    )
    held_out = backgrounds(chosen.backgrounds.parent, True) if chosen.but_held_out else []
    if chosen.but_held_out and not (held_out and all(path.parent == chosen.backgrounds for path in held_out)):
        parser.error(f"none of {chosen.backgrounds} is held out: --but-held-out knows only a folder named backgrounds")
    surroundings = Backgrounds(chosen.backgrounds, without=held_out)
    for index in tqdm(range(chosen.first, chosen.shards), desc="shards"):
        write_shard(chosen.work / "shards", chosen.seed, index, surroundings, reader, draw)


if __name__ == "__main__":
    main()
