"""Calm begins when a soaked system works again, whatever it is late with, and ends with the next fault."""

from __future__ import annotations

from benchmarks.soak_calm import Calm, SeenRead

CAMERAS = ("camera-0", "camera-1")


class Carried:
    """How far reads are carried."""

    def __init__(self) -> None:
        self.to = 0

    def __call__(self) -> int:
        return self.to


def read(offset: int, camera: str, pictured_at: float) -> SeenRead:
    return SeenRead(offset=offset, camera=camera, pictured_at=pictured_at, made_at=pictured_at + 1.0)


def broken_at(at: float, carried: Carried, *, over_after: float = 0.0) -> Calm:
    """Return what is known of a system that was calm since 0, and of one fault that is over."""
    calm = Calm(CAMERAS, carried)
    calm.begin(0.0)
    calm.breaks("kill JournalActor", at)
    calm.is_undone(at)
    calm.is_over(at + over_after)
    return calm


def test_it_is_calm_again_when_every_camera_gave_a_read_pictured_since_that_was_carried_all_the_way() -> None:
    carried = Carried()
    calm = broken_at(10.0, carried)
    reads = [read(1, "camera-0", 11.0)]
    calm.look(reads, 12.0)
    assert not calm.is_calm
    reads.append(read(2, "camera-1", 12.0))
    carried.to = 1
    calm.look(reads, 13.0)
    assert not calm.is_calm
    carried.to = 2
    calm.look(reads, 14.0)
    assert calm.is_calm
    assert calm.outages[0].recovery_seconds == 4.0


def test_reads_of_what_was_pictured_before_are_no_recovery() -> None:
    carried = Carried()
    carried.to = 10
    calm = broken_at(10.0, carried)
    calm.look([read(1, "camera-0", 9.0), read(2, "camera-1", 9.5)], 12.0)
    assert not calm.is_calm


def test_a_run_that_was_ended_and_has_not_come_back_gives_no_recovery() -> None:
    # the cameras of the run that ends may still give a read
    carried = Carried()
    carried.to = 10
    calm = Calm(CAMERAS, carried)
    calm.begin(0.0)
    calm.breaks("kill driver", 10.0)
    calm.is_undone(10.0)
    reads = [read(1, "camera-0", 10.5), read(2, "camera-1", 10.5)]
    calm.look(reads, 12.0)
    assert not calm.is_calm
    calm.is_over(30.0)
    calm.look(reads, 31.0)
    assert not calm.is_calm
    reads += [read(3, "camera-0", 30.5), read(4, "camera-1", 30.6)]
    calm.look(reads, 33.0)
    assert calm.is_calm
    assert calm.outages[0].recovery_seconds == 23.0


def test_a_picture_counts_when_its_objective_could_be_kept_before_the_next_fault() -> None:
    carried = Carried()
    carried.to = 2
    calm = broken_at(10.0, carried)
    calm.look([read(1, "camera-0", 11.0), read(2, "camera-1", 12.0)], 14.0)
    calm.end(20.0)
    assert [calm.holds(at, 2.0) for at in (7.9, 8.1, 13.9, 14.1, 17.9, 18.1)] == [True, False, False, True, True, False]
    assert calm.figures()["calm_seconds"] == 16


def test_a_fault_that_is_never_over_is_counted_and_told_by_its_kind() -> None:
    calm = Calm(CAMERAS, Carried())
    calm.begin(0.0)
    calm.breaks("power cut", 10.0)
    calm.breaks("new list", 200.0)
    assert calm.figures()["faults_not_over_in_time"] == 2
    rows = calm.by_fault(["power cut", "new list", "disk full"])
    assert [(row["fault"], row["times"], row["recovered"]) for row in rows] == [
        ("disk full", 0, 0),
        ("new list", 1, 0),
        ("power cut", 1, 0),
    ]
