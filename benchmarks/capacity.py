"""How many cores and dollars a number of cameras needs: plain arithmetic over what `benchmarks.scale` measures.

A camera costs what its frames cost: the undecoded ones of a quiet road next to nothing, the others decoding (by their
number and by their bits), looks (by their number and by what is searched), plates and readings. Everything else is
traffic. `scale` prices the parts on one clip alone and says how far the sum is from what another clip really took; only
the undecoded frames, which the first does not have, are priced on the other.

Those are prices of the flow in one process, as fast as it goes. `OnRay` is what the same flow takes more as it is run,
on Ray and in real time: told from cameras that were measured so, by a line through them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

SECONDS_A_DAY = 86_400
HOURS_A_YEAR = 8_766


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Processor seconds, on the cores measured on, of one of each."""

    undecoded_frame: float
    decoded_frame: float
    """Decoding it, were it empty, and judging whether something moves."""
    decoded_megabit: float
    """What decoding takes more for what a frame holds."""
    look: float
    """Handing a frame to the models and back, and following its plates."""
    searched_megapixel: float
    """Reducing and searching so much of a picture."""
    plate: float
    """Placing the corners of one plate in one frame, and picturing it."""
    reading: float
    """Reading one plate in one frame."""
    read: float
    """Voting, picturing, and making it durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How much of each there was, or will be."""

    undecoded_frames: float
    decoded_frames: float
    decoded_megabits: float
    looks: float
    searched_megapixels: float
    plates: float
    readings: float
    reads: float

    def seconds(self, costs: Costs) -> float:
        """Return the processor seconds that this takes."""
        return (
            self.undecoded_frames * costs.undecoded_frame
            + self.decoded_frames * costs.decoded_frame
            + self.decoded_megabits * costs.decoded_megabit
            + self.looks * costs.look
            + self.searched_megapixels * costs.searched_megapixel
            + self.plates * costs.plate
            + self.readings * costs.reading
            + self.reads * costs.read
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRay:
    """What cameras in real time on Ray take more than `Costs` says.

    It is laid on looks, because for each of them a picture crosses to the models' process and what is found comes back,
    alone and not in a batch, and everybody who waited wakes up. A frame that nobody looks at crosses nothing.
    """

    look: float
    """Processor seconds more for each look."""
    node: float
    """Cores that a node takes with everything but cameras."""

    def costs(self, in_process: Costs) -> Costs:
        """Return what one of each takes on Ray."""
        return replace(in_process, look=in_process.look + self.look)


NOT_ON_RAY = OnRay(look=0.0, node=0.0)


def line_of(cameras: Sequence[float], cores: Sequence[float]) -> tuple[float, float]:
    """Return cores a camera and cores of the node alone: the straight line by least squares through what numbers of
    cameras took. Raises ValueError where all numbers are one."""
    middle, height = sum(cameras) / len(cameras), sum(cores) / len(cores)
    across = sum((one - middle) ** 2 for one in cameras)
    if not across:
        raise ValueError("a line needs two numbers of cameras that differ")
    slope = sum((one - middle) * (used - height) for one, used in zip(cameras, cores, strict=True)) / across
    return slope, height - slope * middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """An average camera. A vehicle moves in view for `seconds_in_view`; the gate stays open a second longer."""

    frames_per_second: float = 25.0
    looks_per_second: float = 12.5
    megabits_a_second: float = 4.0
    """Of its stream."""
    megapixels: float = 1920 * 1080 / 1e6
    searched_share: float = 0.68
    """Part of a picture that is searched while something moves, as on a busy rendered road; of a quiet look all is."""
    readings_a_vehicle: float = 7.5
    """As on a busy rendered road."""
    frames_a_quiet_look: float = 50.0
    """A quiet road is looked at all the same, once in so many frames."""
    seconds_in_view: float = 4.0
    seconds_of_hold: float = 1.0
    legible_share: float = 0.5
    """Part of its looks in which its plate is near enough to be found."""

    def hour(self, vehicles: float) -> Work:
        """Return the work of an hour in which `vehicles` pass, each when it likes (so some are in view together)."""
        open_share = 1 - math.exp(-vehicles * (self.seconds_in_view + self.seconds_of_hold) / 3600)
        moving = 3600 * open_share
        quiet_frames = self.frames_per_second * (3600 - moving)
        quiet_looks = quiet_frames / self.frames_a_quiet_look
        decoded = self.frames_per_second * moving + quiet_looks
        looks = self.looks_per_second * moving
        return Work(
            undecoded_frames=quiet_frames - quiet_looks,
            decoded_frames=decoded,
            decoded_megabits=decoded * self.megabits_a_second / self.frames_per_second,
            looks=looks + quiet_looks,
            searched_megapixels=self.megapixels * (looks * self.searched_share + quiet_looks),
            plates=vehicles * self.seconds_in_view * self.looks_per_second * self.legible_share,
            readings=vehicles * self.readings_a_vehicle,
            reads=vehicles,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What can be hired. `cores` are taken for those the costs were measured on, which the result names."""

    name: str
    cores: int
    dollars_an_hour: float
    source: str
    inference_elsewhere: bool = False
    """A GPU detects and reads: its own time is taken as nought, which nobody has measured here."""


_CATALOGUE = "github.com/skypilot-org/skypilot-catalog, catalogs/v7/aws/vms.csv at 001367d22a00"
MACHINES = (
    Machine(
        name="AWS m7i.2xlarge (8 vCPU, Intel), on demand, London",
        cores=8,
        dollars_an_hour=0.4662,
        source=_CATALOGUE,
    ),
    Machine(
        name="AWS m7g.large (2 vCPU, ARM: nothing was measured on it), on demand, London",
        cores=2,
        dollars_an_hour=0.0944,
        source=_CATALOGUE,
    ),
    Machine(
        name="AWS g6.xlarge (4 vCPU, L4, whose own time is reckoned as nought), on demand, London",
        cores=4,
        dollars_an_hour=1.0216,
        source=_CATALOGUE,
        inference_elsewhere=True,
    ),
    Machine(
        name="AWS g5.xlarge (4 vCPU, A10G, whose own time is reckoned as nought), on demand, us-east-1",
        cores=4,
        dollars_an_hour=1.006,
        source="factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026, as of 17 June 2026",
        inference_elsewhere=True,
    ),
)
"""ASSUMPTIONS, not measurements: list prices without any discount. A vCPU is taken for a core of the machine that was
measured on, which is a virtual one as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Cameras to plan for. `peak` is how much more than the average the busiest hour brings; cores are filled to
    `filled` then, so that a node that dies leaves room for its cameras. Sizes of reads and pictures as stored."""

    name: str
    cameras: int
    reads_a_day: float
    peak: float = 2.5
    filled: float = 0.7
    bytes_a_read: float = 700.0
    bytes_of_pictures: float = 25_000.0
    bits_a_second: float = 4e6
    """Of one camera's stream."""
    cores_a_node: int = 8
    """Of the machines it runs on: each has a node's own share."""


FLEETS = (
    Fleet(name="a force", cameras=500, reads_a_day=500 * 5_000),
    Fleet(name="the nation", cameras=18_000, reads_a_day=90e6),
)
"""Domain: the national service takes some 90 million reads a day from 18,000 cameras: 5,000 a camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a fleet needs. `core_share` is of one camera in the busiest hour."""

    core_share: float
    average_core_share: float
    cores: int
    reads_a_second: float
    terabytes_a_year: float
    gigabits_a_second: float


def need_of(fleet: Fleet, camera: Camera, costs: Costs, on_ray: OnRay = NOT_ON_RAY) -> Need:
    """Return what `fleet` needs if all its cameras are like `camera`. `costs` are in process, what Ray adds comes on
    top."""
    costs = on_ray.costs(costs)
    hourly = fleet.reads_a_day / fleet.cameras / 24
    peak = camera.hour(hourly * fleet.peak).seconds(costs) / 3600
    average = camera.hour(hourly).seconds(costs) / 3600
    room_on_a_core = fleet.filled - on_ray.node / fleet.cores_a_node
    return Need(
        core_share=peak,
        average_core_share=average,
        cores=math.ceil(fleet.cameras * peak / room_on_a_core),
        reads_a_second=fleet.reads_a_day * fleet.peak / SECONDS_A_DAY,
        terabytes_a_year=365 * fleet.reads_a_day * (fleet.bytes_a_read + fleet.bytes_of_pictures) / 1e12,
        gigabits_a_second=fleet.cameras * fleet.bits_a_second / 1e9,
    )


def cameras_on(machine: Machine, share: float, filled: float = 0.7, node: float = 0.0) -> float:
    """Return how many cameras that each take `share` of a core a machine carries beside a node's own share."""
    return (machine.cores * filled - node) / share


def dollars_a_camera_year(machine: Machine, share: float, node: float = 0.0) -> float:
    """Return what the processor of one camera costs for a year, all hours of it."""
    return machine.dollars_an_hour * HOURS_A_YEAR / cameras_on(machine, share, node=node)
