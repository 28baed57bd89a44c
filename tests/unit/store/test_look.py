"""A look into the store: pictures are what their reads promised, and are written nowhere else than asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.domain.plate import CameraId
from pipeline.domain.read import CaptureRecord, digest_of
from pipeline.errors import IntegrityError, Unavailable
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from pipeline.wire.read_arrow import IMAGE_SCHEMA
from tests.support.builders import a_record
from tests.support.durable import ListJournal


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def stored(url: str, *records: CaptureRecord) -> StoreReader:
    Lake(url, "one").append(ListJournal(list(records)).after(0, 100))
    return StoreReader(url)


def forge_pictures(url: str, jpeg: bytes) -> None:
    """Change every picture and the digest beside it, as one would who knows the table."""
    table = DeltaTable(f"{url}/images")
    rows = [row | {"jpeg": jpeg, "digest": digest_of(jpeg)} for row in table.to_pyarrow_table().to_pylist()]
    write_deltalake(table, IMAGE_SCHEMA.empty_table().from_pylist(rows, schema=IMAGE_SCHEMA), mode="overwrite")


def test_a_picture_changed_together_with_its_digest_is_noticed_and_not_written(url: str, tmp_path: Path) -> None:
    stored(url, a_record(1))
    forge_pictures(url, b"forged")
    store = StoreReader(url)
    with pytest.raises(IntegrityError, match="not what was stored") as told:
        store.export_pictures(store.reads(), tmp_path / "pictures")
    assert "AB12CDE" not in str(told.value)
    assert list((tmp_path / "pictures").iterdir()) == []


@pytest.mark.parametrize("camera", ["M20 J7/A", "../../gate", "..", ".hidden", "/etc/gate"])
def test_a_camera_may_be_called_anything_and_its_pictures_stay_in_their_folder(
    url: str, tmp_path: Path, camera: str
) -> None:
    store = stored(url, a_record(1, camera_id=CameraId(camera)))
    folder = tmp_path / "pictures"
    assert store.export_pictures(store.reads(), folder) == 2
    assert len(list(folder.iterdir())) == 2
    assert not [file for file in folder.iterdir() if file.name.startswith(".")]


def test_only_the_pictures_of_the_reads_asked_for_are_written(url: str, tmp_path: Path) -> None:
    store = stored(url, a_record(1), a_record(2))
    assert store.export_pictures([a_record(2).read], tmp_path / "pictures") == 2
    assert store.export_pictures([], tmp_path / "none") == 0


def test_a_folder_of_a_day_that_cannot_be_made_is_unavailable_and_then_mends(url: str) -> None:
    record = a_record(1)
    lake = Lake(url, "one")
    in_the_way = Path(url) / "reads" / f"capture_day={record.read.captured_at:%Y-%m-%d}"
    in_the_way.write_text("in the way")
    entries = ListJournal([record]).after(0, 1)
    with pytest.raises(Unavailable) as told:
        lake.append(entries)
    assert "AB12CDE" not in str(told.value)
    assert (lake.position, StoreReader(url).count()) == (0, 0)
    in_the_way.unlink()
    assert lake.append(entries) == 1
    assert StoreReader(url).ids() == [record.read.read_id]
