"""Taking reads out: only what the gate grants, on record first, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.access.evidence.contents import camera_facts
from pipeline.access.evidence.export import Exporter
from pipeline.access.evidence.verify import FACTS, MANIFEST, STATEMENT, check, files_of
from pipeline.domain.access import Permission, PersonId, Refusal
from pipeline.domain.camera import Camera, CameraKind
from pipeline.domain.plate import CameraId
from pipeline.domain.read import digest_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import AccessDenied, BadInput, NotFound, Unavailable
from pipeline.wire.read_columns import read_digest
from pipeline.wire.read_proto import decode_read
from tests.support.builders import a_record
from tests.support.durable import small_disk
from tests.unit.access.evidence.exhibits import EXHIBITOR, KEY, KEY_HEX, RECIPIENT, Station, largest_file, records
from tests.unit.access.stand import MARK, request


@pytest.fixture
def station() -> Station:
    return Station()


def facts(package: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((package / FACTS).read_bytes())
    return told


def test_a_package_holds_the_records_and_pictures_byte_for_byte(station: Station, tmp_path: Path) -> None:
    made = station.export(tmp_path / "package")
    assert made.reads == 2
    kept = sorted(station.records.kept, key=lambda one: one.read.captured_at)
    for number, record in enumerate(kept, 1):
        folder = tmp_path / "package" / "reads" / f"{number:04}"
        content = (folder / "record.bin").read_bytes()
        assert decode_read(content) == record.read
        assert digest_of(content) == read_digest(record.read)
        assert (folder / "patch.jpg").read_bytes() == record.patch
        assert (folder / "overview.jpg").read_bytes() == record.overview
        told = json.loads((folder / "read.json").read_bytes())["read"]
        assert (told["vrm"], told["clock_state"], told["model_version"]) == (MARK, "stream", record.read.model_version)
        assert told["location"] == {"latitude": 51.25, "longitude": 0.5}
    assert made.manifest_digest == digest_of((tmp_path / "package" / MANIFEST).read_bytes())


def test_a_package_tells_who_why_by_whose_leave_and_what_was_left_out(station: Station, tmp_path: Path) -> None:
    station.export(tmp_path / "package")
    told = facts(tmp_path / "package")
    grant, leave = told["grant"], told["authorisation"]
    assert isinstance(grant, dict)
    assert isinstance(leave, dict)
    assert (grant["person"], grant["reference"], told["recipient"]) == ("p1", "OP/1", RECIPIENT)
    assert (leave["decided_by"], leave["decider_grade"], leave["state"]) == ("p2", "superintendent", "granted")
    assert [one["rule"] for one in grant["narrowed"]] == ["authorised-age"]
    page = (tmp_path / "package" / STATEMENT).read_text()
    for said in (
        "p2, superintendent",
        "of at most 365 days",
        RECIPIENT,
        "the camera's own clock".replace("'", "&#39;"),
    ):
        assert said in page or said.replace("&#39;", "'") in page


def test_without_an_authorisation_older_reads_are_not_in_the_package(station: Station, tmp_path: Path) -> None:
    made = station.export(tmp_path / "package", request(authorised=False, person=EXHIBITOR))
    assert made.reads == 1
    assert facts(tmp_path / "package")["authorisation"] is None


def test_the_disclosure_is_on_record_with_its_recipient_and_the_manifest(station: Station, tmp_path: Path) -> None:
    made = station.export(tmp_path / "package")
    *_, entry = station.audit.entries
    event = entry.event
    assert (event.operation, event.outcome, event.recipient) == ("disclosure", "answered", RECIPIENT)
    assert (event.result_count, event.details["manifest"]) == (2, made.manifest_digest)
    first = check(files_of(tmp_path / "package")[0]).entries[0]
    assert first["event"]["details"]["audit_entry"] == entry.digest
    assert first["digest"] == made.newest


@pytest.mark.parametrize("room", [0, 1, 2])
@pytest.mark.parametrize("name", ["package", "package.zip"])
def test_without_room_in_the_audit_log_nothing_is_on_the_disk(
    station: Station, tmp_path: Path, room: int, name: str
) -> None:
    station.audit.room = room
    with pytest.raises(Unavailable):
        station.export(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_without_the_permission_nothing_is_even_searched(station: Station, tmp_path: Path) -> None:
    only_places = replace(EXHIBITOR, permissions=frozenset({Permission.CAMERA_LOCATIONS}))
    with pytest.raises(AccessDenied, match="permission evidence"):
        station.export(tmp_path / "package", request(person=only_places))
    assert station.audit.told == [("disclosure", "refused")]
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_tells_a_fixed_place_needs_that_permission_too(station: Station, tmp_path: Path) -> None:
    no_places = replace(EXHIBITOR, permissions=frozenset({Permission.EVIDENCE}))
    with pytest.raises(AccessDenied, match="camera-locations"):
        station.export(tmp_path / "package", request(person=no_places))
    assert station.audit.told[-1] == ("disclosure", "refused")
    assert list(tmp_path.iterdir()) == []


def test_what_the_gate_refuses_is_no_package(station: Station, tmp_path: Path) -> None:
    asked = request(category="curiosity", person=EXHIBITOR)
    assert isinstance(station.exporter.export(asked, tmp_path / "package", recipient=RECIPIENT), Refusal)
    assert list(tmp_path.iterdir()) == []


def test_only_reads_that_were_granted_can_be_chosen(station: Station, tmp_path: Path) -> None:
    young, old = (one.read.read_id for one in station.records.kept)
    made = station.exporter.export(request(person=EXHIBITOR), tmp_path / "one", recipient=RECIPIENT, only=[young])
    assert not isinstance(made, Refusal)
    assert made.reads == 1
    assert "of the 2 reads that were granted, 1 were chosen" in (tmp_path / "one" / STATEMENT).read_text()
    unauthorised = request(authorised=False, person=EXHIBITOR)
    with pytest.raises(NotFound, match="1 of the reads"):
        station.exporter.export(unauthorised, tmp_path / "two", recipient=RECIPIENT, only=[young, old])
    station.records.kept.clear()
    with pytest.raises(NotFound, match="no read was granted"):
        station.export(tmp_path / "three")


def test_a_read_without_pictures_says_so(tmp_path: Path) -> None:
    bare = a_record(1, vrm=Vrm(MARK), captured_at=records()[0].read.captured_at, patch=b"", overview=b"")
    Station([bare]).export(tmp_path / "package")
    assert not list((tmp_path / "package").rglob("*.jpg"))
    assert "sent no picture of the plate" in (tmp_path / "package" / STATEMENT).read_text()
    assert check(files_of(tmp_path / "package")[0], [KEY_HEX]).faults == []


def test_a_picture_that_came_later_is_in_the_package_and_said_to_be_none_of_the_record(tmp_path: Path) -> None:
    whole = records()[0]
    bare = replace(whole, read=replace(whole.read, patch_digest=digest_of(b"")))
    Station([bare]).export(tmp_path / "package")
    files, _ = files_of(tmp_path / "package")
    assert files["reads/0001/patch.jpg"] == whole.patch
    assert "came after the record" in (tmp_path / "package" / STATEMENT).read_text()
    assert check(files, [KEY_HEX]).faults == []


def test_what_the_register_of_cameras_said_then_is_in_the_package(station: Station, tmp_path: Path) -> None:
    def known(camera_id: CameraId, at: datetime) -> Camera:
        return Camera(
            camera_id=camera_id,
            kind=CameraKind.FIXED,
            force="Testshire",
            area=f"the north, in {at:%B}",
            since=at - timedelta(days=3),
            entered_at=at - timedelta(days=2),
            changed_by=PersonId("keeper"),
            placement=7,
        )

    exporter = Exporter(
        gate=station.gate,
        records=station.records,
        audit=station.audit,
        authorisation=lambda _: None,
        key=KEY,
        clock=station.clock,
        cameras=lambda camera, at: camera_facts(known(camera, at)),
    )
    station.authorisation = None
    asked = request(authorised=False, person=EXHIBITOR)
    assert not isinstance(exporter.export(asked, tmp_path / "package", recipient=RECIPIENT), Refusal)
    page = (tmp_path / "package" / STATEMENT).read_text()
    for said in ("the north, in November", "2026-11-18T12:00:00.000000+00:00", "by keeper, entry 7"):
        assert said in page
    told = json.loads((tmp_path / "package" / "reads" / "0001" / "read.json").read_bytes())
    assert told["camera_register"]["kind"] == "fixed"
    assert camera_facts(None) == {}


def test_a_package_is_never_written_over_another(station: Station, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    with pytest.raises(BadInput, match="is there already"):
        station.export(tmp_path / "package")
    assert station.audit.entries == []


@pytest.mark.parametrize("name", ["package", "package.zip"])
@pytest.mark.parametrize("size", [0, 5, 500, 3000, 10_000])
def test_a_full_disk_leaves_nothing_and_the_failure_is_on_record(
    station: Station, tmp_path: Path, name: str, size: int
) -> None:
    with largest_file(size), pytest.raises(Unavailable, match="cannot be written"):
        station.export(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert station.audit.told[-2:] == [("disclosure", "answered"), ("disclosure", "failed")]


def test_a_disk_that_fills_up_leaves_nothing(station: Station, tmp_path: Path) -> None:
    station.records.kept[0] = replace(station.records.kept[0], overview=bytes(3 * 2**20))
    read = replace(station.records.kept[0].read, overview_digest=digest_of(bytes(3 * 2**20)))
    station.records.kept[0] = replace(station.records.kept[0], read=read)
    with small_disk(tmp_path / "disk", 4) as disk:
        with pytest.raises(Unavailable, match="No space left"):
            station.export(disk / "package")
        assert list(disk.iterdir()) == []


@pytest.mark.parametrize("recipient", ["", " ", "a\u202eb", "x" * 201])
def test_a_recipient_is_somebody(station: Station, tmp_path: Path, recipient: str) -> None:
    with pytest.raises(BadInput, match="recipient"):
        station.export(tmp_path / "package", recipient=recipient)
    assert station.audit.entries == []
