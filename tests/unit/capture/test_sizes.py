"""What the sizes of packets tell: a vehicle among noise of any kind, and nothing until they have proved it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.capture.sizes import SizeWatch

GROUP = 25


class Stream:
    """Sizes of a quiet road with `noise` (a share) around what the place after the keyframe asks for."""

    def __init__(self, *, noise: float, level: int = 4000) -> None:
        self._random = np.random.default_rng(5)
        self._noise = noise
        self._level = level
        self.watch = SizeWatch(3)

    def group(self, *, excess: float = 0.0, quiet: bool = True) -> list[bool]:
        """Play one group of pictures, each packet larger by `excess`; return the alarms."""
        self.watch.begin()
        alarms = []
        for place in range(1, GROUP):
            usual = self._level * (1 + 0.4 / place) * (1 + excess)
            size = int(usual * (1 + self._noise * self._random.standard_normal()))
            alarms.append(self.watch.add(size))
            if quiet:
                self.watch.quiet([size])
        return alarms


def learnt(noise: float = 0.02) -> Stream:
    stream = Stream(noise=noise)
    for _ in range(6):
        stream.group()
    return stream


@pytest.mark.parametrize(("noise", "excess"), [(0.01, 0.05), (0.02, 0.08), (0.08, 0.3), (0.2, 0.9)])
def test_more_than_noise_alarms_within_a_second_and_noise_seldom_does(noise: float, excess: float) -> None:
    stream = learnt(noise)
    assert sum(any(stream.group()) for _ in range(40)) <= 2
    assert any(stream.group(excess=excess, quiet=False))


def test_one_large_packet_is_enough() -> None:
    stream = learnt()
    stream.watch.begin()
    assert stream.watch.add(3 * 4000)


def test_a_slow_change_of_the_quiet_road_is_learnt() -> None:
    stream = learnt()
    alarms = 0
    for step in range(60):
        alarms += any(stream.group(excess=0.5 * step / 60))
    assert alarms <= 20
    assert not any(stream.group(excess=0.5))


def test_nothing_is_trusted_before_sizes_told_of_three_things_in_a_row() -> None:
    stream = learnt()
    for told in (True, True, False, True, True):
        stream.watch.witnessed(told=told)
        assert not stream.watch.trusted
    stream.watch.witnessed(told=True)
    assert stream.watch.trusted


def test_one_thing_that_sizes_did_not_tell_of_ends_the_trust() -> None:
    stream = learnt()
    for told in (True, True, True, False):
        stream.watch.witnessed(told=told)
    assert not stream.watch.trusted


def test_what_was_told_before_the_quiet_road_was_known_does_not_count() -> None:
    watch = SizeWatch(3)
    for _ in range(5):
        watch.witnessed(told=True)
    assert not watch.trusted
