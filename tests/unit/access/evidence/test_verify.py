"""Whatever is done to a package is found and named, also on a machine with nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.evidence.keeping import Step
from pipeline.access.evidence.placing import place
from pipeline.access.evidence.sealing import public_hex, sealed, verified
from pipeline.access.evidence.standalone import standalone
from pipeline.access.evidence.verify import CUSTODY, FACTS, MANIFEST, SIGNATURE, STATEMENT, check, files_of, zipped
from tests.unit.access.evidence.exhibits import EXHIBITOR, KEY_HEX, Station

BYTE_STEP = int(os.environ.get("ANPR_EVIDENCE_BYTE_STEP", "31"))
"""Every so many bytes of what the manifest lists is flipped (1: each); of what seals it, at least every third."""
SMALL = 4096


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that was made, handed over and added to."""
    folder = tmp_path_factory.mktemp("made")
    station = Station()
    station.export(folder / "package")
    (folder / "notes.txt").write_text("what the officer saw")
    station.custodian.record(folder / "package", Step.HANDED_OVER, EXHIBITOR, recipient="Testshire Crown Court")
    station.custodian.add(folder / "package", folder / "notes.txt", EXHIBITOR, note="seen by the officer")
    return folder / "package"


@pytest.fixture
def files(package: Path) -> dict[str, bytes]:
    return files_of(package)[0]


def faults(files: dict[str, bytes]) -> list[str]:
    return check(files, [KEY_HEX], verified).faults


def alone(*arguments: object, program: Path) -> subprocess.CompletedProcess[str]:
    """Run the packaged verifier with nothing but the standard library."""
    command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})


def test_what_was_made_is_whole(files: dict[str, bytes]) -> None:
    checked = check(files, [KEY_HEX])
    assert checked.faults == []
    assert [one["event"]["details"]["what"] for one in checked.entries] == ["created", "handed-over", "added"]
    assert checked.key == KEY_HEX


def test_every_flipped_byte_is_found_and_its_file_named(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        changed = bytearray(content)
        for index in range(0, len(content), min(3, BYTE_STEP) if name in (MANIFEST, SIGNATURE, CUSTODY) else BYTE_STEP):
            flip = 0x20 if index % 2 else 0x01
            changed[index] ^= flip
            found = faults({**files, name: bytes(changed)})
            changed[index] ^= flip
            # a changed manifest shows as a false signature, and as another package than the custody is about
            named = SIGNATURE if name == MANIFEST else name
            assert any(one.startswith(f"{named}: ") for one in found), (name, index, found)


def test_every_flipped_byte_of_a_zip_is_found(package: Path, tmp_path: Path) -> None:
    content = zipped({name: one for name, one in files_of(package)[0].items() if len(one) < SMALL})
    changed = bytearray(content)
    target = tmp_path / "package.zip"
    for index in range(0, len(content), 3 * BYTE_STEP):
        changed[index] ^= 0x04
        target.write_bytes(changed)
        try:
            files, wrong = files_of(target)
        except ValueError:
            wrong = ["no ZIP"]
        changed[index] ^= 0x04
        assert wrong or files != files_of(package)[0], index


def test_a_file_removed_added_or_exchanged_is_named(files: dict[str, bytes]) -> None:
    for name in files:
        found = faults({other: content for other, content in files.items() if other != name})
        assert any(one.startswith(f"{name}: is missing") for one in found), (name, found)
    assert faults({**files, "reads/0001/other.jpg": b"x"}) == ["reads/0001/other.jpg: does not belong to the package"]
    one, other = "reads/0001/patch.jpg", "reads/0002/patch.jpg"
    found = faults({**files, one: files[other], other: files[one]})
    assert {f"{name}: is not what it was" for name in (one, other)} <= set(found)


def test_a_picture_exchanged_under_a_new_signature_still_differs_from_what_was_stored(files: dict[str, bytes]) -> None:
    own = Ed25519PrivateKey.generate()
    made = {name: one for name, one in files.items() if name not in (MANIFEST, SIGNATURE, CUSTODY)}
    forged = sealed(made | {"reads/0001/patch.jpg": b"\xff\xd8 another"}, own) | {CUSTODY: files[CUSTODY]}
    found = check(forged, [], verified).faults
    assert "reads/0001/patch.jpg: is not what was stored when the vehicle was read" in found
    assert any(one.startswith(f"{SIGNATURE}: is by key") for one in faults(forged))


def test_a_package_made_anew_by_a_forger_is_whole_but_not_by_the_key_that_is_trusted(tmp_path: Path) -> None:
    station = Station()
    station.export(tmp_path / "forged")
    files, other = files_of(tmp_path / "forged")[0], public_hex(Ed25519PrivateKey.generate().public_key())
    assert not check(files).faults
    found = check(files, [other]).faults
    assert found[0] == f"{SIGNATURE}: is by key {KEY_HEX}, which is not the one to be trusted"
    assert any(one.startswith(f"{CUSTODY}: entry 1 is signed with key") for one in found)


def test_custody_entries_cannot_be_dropped_swapped_doubled_or_left_unsigned(files: dict[str, bytes]) -> None:
    lines = files[CUSTODY].splitlines(keepends=True)
    pairs = [lines[start : start + 2] for start in range(0, len(lines), 2)]
    for order, named in (
        ((1, 2), 1), ((0, 2), 2), ((1, 0, 2), 1), ((0, 2, 1), 2), ((0, 0, 1, 2), 2), ((0, 1, 2, 2), 4),
    ):  # fmt: skip
        content = b"".join(line for one in order for line in pairs[one])
        assert any(f"{CUSTODY}: entry {named} " in one for one in faults({**files, CUSTODY: content})), order
    assert f"{CUSTODY}: is cut short" in faults({**files, CUSTODY: b"".join(lines[:-1])})
    swapped = b"".join([lines[0], lines[3], lines[2], lines[1], *lines[4:]])
    assert f"{CUSTODY}: entry 1 has the signature of another entry" in faults({**files, CUSTODY: swapped})


def test_the_custody_of_another_package_is_not_its_own(files: dict[str, bytes], tmp_path: Path) -> None:
    Station([Station().records.kept[0]]).export(tmp_path / "other")
    other = files_of(tmp_path / "other")[0]
    assert f"{CUSTODY}: entry 1 is about another package" in faults({**files, CUSTODY: other[CUSTODY]})


def test_an_entry_cut_off_the_end_is_found_by_whoever_knows_the_newest(package: Path, tmp_path: Path) -> None:
    files = files_of(package)[0]
    newest = check(files).newest
    cut = {name: one for name, one in files.items() if not name.startswith("additions/")}
    cut[CUSTODY] = b"".join(files[CUSTODY].splitlines(keepends=True)[:-2])
    assert faults(cut) == []
    place(cut, tmp_path / "cut")
    found = alone("--key", KEY_HEX, "--newest", newest, program=tmp_path / "cut" / "verify.py")
    assert (found.returncode, "its newest entry is not the one" in found.stdout) == (1, True)
    assert alone("--key", KEY_HEX, "--newest", newest, package, program=package / "verify.py").returncode == 0


def test_a_machine_with_nothing_else_checks_the_package(package: Path, tmp_path: Path) -> None:
    good = alone("--key", KEY_HEX, program=package / "verify.py")
    assert (good.returncode, good.stderr) == (0, "")
    assert "handed-over" in good.stdout
    assert "Nothing is wrong: 15 files" in good.stdout
    unknown = alone(program=package / "verify.py")
    assert (unknown.returncode, "WHO MADE THEM WAS NOT CHECKED" in unknown.stdout) == (3, True)
    assert alone("--key", "00" * 32, program=package / "verify.py").returncode == 1
    assert alone("--key", "no key", program=package / "verify.py").returncode == 2
    (tmp_path / "package.zip").write_bytes(zipped(files_of(package)[0]))
    assert alone("--key", KEY_HEX, tmp_path / "package.zip", program=package / "verify.py").returncode == 0
    (tmp_path / "package.zip").write_bytes(b"PK no zip")
    assert alone("--key", KEY_HEX, tmp_path / "package.zip", program=package / "verify.py").returncode == 2


def test_a_machine_with_nothing_else_finds_what_was_changed(files: dict[str, bytes], tmp_path: Path) -> None:
    place({**files, STATEMENT: files[STATEMENT].replace(b"XX99YXX", b"XX99YXY")}, tmp_path / "changed")
    found = alone("--key", KEY_HEX, program=tmp_path / "changed" / "verify.py")
    assert found.returncode == 1
    assert f"WRONG  {STATEMENT}: is not what it was" in found.stdout
    assert "This package is NOT what was made: 1 fault(s)." in found.stdout


def test_links_and_empty_folders_do_not_belong_to_a_package(files: dict[str, bytes], tmp_path: Path) -> None:
    place(files, tmp_path / "package")
    (tmp_path / "package" / "empty").mkdir()
    (tmp_path / "package" / "reads" / "link").symlink_to(FACTS)
    assert files_of(tmp_path / "package")[1] == [
        "empty: is an empty folder, which does not belong to the package",
        "reads/link: is a link or a device, not a file",
    ]


def test_the_same_files_make_the_same_zip(files: dict[str, bytes]) -> None:
    assert zipped(files) == zipped(dict(reversed(files.items())))


def test_the_verifier_needs_nothing_of_the_project() -> None:
    assert b"import pipeline" not in standalone()
    assert b"from pipeline" not in standalone()
