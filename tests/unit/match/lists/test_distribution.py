"""Lists handed out by a centre: a force's copies are equal to them, whichever revisions it has missed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.domain.hotlist import HotlistId
from pipeline.errors import Forgotten
from pipeline.match.lists.distribution import Distribution, Follower
from pipeline.match.lists.entries import ArrowEntries
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import LoadRequest, load, set_terms
from pipeline.match.lists.store import HotlistStore
from pipeline.wire.distribution_proto import message_of_part, part_of
from tests.support.clock import ManualClock

TODAY = date(2026, 1, 1)


class Ends:
    """A centre's store of lists, and a force's that follows."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self._folder = folder
        self.centre = HotlistStore(folder / "centre", self.clock)
        self.force = HotlistStore(folder / "force", self.clock)
        self.distribution = Distribution(self.centre)
        self.follower = Follower(self.force, folder / "share", centre="national", clock=self.clock)

    def load(self, name: str, marks: dict[str, str]) -> None:
        """Make the centre's list `name` hold these marks, each for its reason."""
        file = self._folder / "list.csv"
        lines = [f"{vrm},{reason},2030-01-01" for vrm, reason in marks.items()]
        file.write_text("\n".join(["vrm,reason,weed_date", *lines]) + "\n")
        request = LoadRequest(
            by="test", of_list=HotlistId(name), reason="test",
            terms_if_new={"owner": "owner", "purpose": "test", "review_date": TODAY},
        )  # fmt: skip
        load(self.centre, read_list_file(file, of_list=HotlistId(name)), request, least_share=0.0, today=TODAY)

    def follow(self, but_the_last: int = 0) -> None:
        """Take what is new, over the wire; `but_the_last` parts are lost with the connection."""
        self.follower.begin()
        parts = list(self.distribution.parts("kent", self.follower.revision))
        for part in parts[: len(parts) - but_the_last]:
            self.follower.take(part_of(message_of_part(part)))

    def held(self, store: HotlistStore, prefix: str = "") -> dict[str, dict[str, str]]:
        """Return what stands on each list: reasons by mark."""
        head = store.head()
        held = store.held_at(head.sequence)
        found = {}
        for state in head.lists:
            entries = ArrowEntries(held.live(state.number), [one.terms for one in head.lists])
            vois = [entries.entry(row) for row in range(len(entries))]
            found[prefix + state.terms.hotlist_id] = {str(one.vrm): one.reason for one in vois}
        return found


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


def test_a_force_gets_all_lists_and_then_what_changes(ends: Ends) -> None:
    ends.load("stolen", {"AB12CDE": "stolen", "AB12CDF": "stolen"})
    ends.follow()
    assert ends.held(ends.force) == {"national-stolen": {"AB12CDE": "stolen", "AB12CDF": "stolen"}}
    ends.load("stolen", {"AB12CDE": "found burnt out", "XY99ZZZ": "stolen"})
    ends.load("untaxed", {"AA11AAA": "untaxed"})
    ends.follow()
    assert ends.held(ends.force) == ends.held(ends.centre, "national-")
    assert ends.follower.revision == ends.centre.head().sequence


def test_terms_come_with_the_list(ends: Ends) -> None:
    ends.load("stolen", {"AB12CDE": "stolen"})
    ends.follow()
    set_terms(ends.centre, HotlistId("stolen"), {"covert": True, "visible_to": ("kent",)}, by="test")
    ends.follow()
    held = ends.force.head().numbered("national-stolen")
    assert held is not None
    assert (held.terms.owner, held.terms.covert, held.terms.visible_to) == ("owner", True, ("kent",))


def test_a_force_is_not_told_of_a_covert_list_that_is_not_for_it(ends: Ends) -> None:
    ends.load("secret", {"AB12CDE": "secret"})
    set_terms(ends.centre, HotlistId("secret"), {"covert": True, "visible_to": ("essex",)}, by="test")
    ends.follow()
    assert ends.held(ends.force) == {}
    assert "secret" not in {
        part.terms.hotlist_id for part in ends.distribution.parts("kent", 0) if part.terms is not None
    }


def test_a_revision_that_did_not_come_whole_is_not_loaded(ends: Ends) -> None:
    ends.load("stolen", {f"AB{number:02}CDE": "stolen" for number in range(20)})
    ends.follow(but_the_last=1)
    assert ends.held(ends.force) == {}
    ends.follow()
    assert len(ends.held(ends.force)["national-stolen"]) == 20


def test_revisions_that_are_gone_are_said_to_be_and_everything_is_taken_anew(ends: Ends) -> None:
    ends.load("stolen", {"AB12CDE": "stolen"})
    ends.follow()
    with pytest.raises(Forgotten, match="of other lists"):
        list(ends.distribution.parts("kent", 99))
    ends.follower.forget()
    ends.load("stolen", {"XY99ZZZ": "stolen"})
    ends.follow()
    assert ends.held(ends.force) == ends.held(ends.centre, "national-")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_at_the_centre_a_force_that_comes_back_has_the_same(ends: Ends, seed: int) -> None:
    chance = random.Random(seed)
    steps: list[Callable[[], None]] = [
        lambda: ends.load(
            chance.choice(["stolen", "untaxed"]),
            {f"AB{chance.randrange(30):02}CDE": chance.choice("xyz") for _ in range(chance.randrange(1, 30))},
        ),
        ends.follow,
        lambda: ends.follow(but_the_last=1),
        ends.follower.forget,
    ]
    for step in chance.choices(steps, weights=[5, 3, 1, 1], k=25):
        step()
        ends.clock.advance(1)
    ends.follow()
    assert ends.held(ends.force) == ends.held(ends.centre, "national-")
