from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.audit.chain import key_id_of, read_checkpoint
from pipeline.access.audit.log import AuditLog
from pipeline.access.audit.verify import CHECKPOINTS, ENTRIES, check_log, entries_of
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.errors import IntegrityError, NotFound, Unavailable
from tests.support.counted import counted

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = {key_id_of(KEY.public_key()): KEY.public_key()}
CHUNK = 65536


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def _event(number: int, **details: str) -> AuditEvent:
    return AuditEvent(
        operation=Operation.CONSULTATION,
        outcome=Outcome.ALLOWED,
        person_id=PersonId("p1"),
        force="Testshire",
        justification=f'reason {number} with an ä, a \u2028 and a "quote"',
        details=details,
    )


def _opened(folder: Path, key: Ed25519PrivateKey = KEY, former: tuple[Ed25519PrivateKey, ...] = ()) -> AuditLog:
    keys = [one.public_key() for one in former]
    return AuditLog(folder, key, clock=FixedClock(), force="Testshire", former_keys=keys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of five entries in three commits."""
    log = _opened(tmp_path / "audit")
    log.append([_event(1)])
    log.append([_event(2), _event(3, what="something")])
    log.append([_event(4), _event(5)])
    log.close()
    return tmp_path / "audit"


def _fault(folder: Path) -> str:
    return check_log(folder, KEYS).fault


def test_an_untouched_log_is_whole_and_tells_what_was_written(folder: Path) -> None:
    checked = check_log(folder, KEYS)
    assert (checked.entries, checked.last_checkpoint, checked.fault) == (5, 5, "")
    assert [entry.event for entry in entries_of(folder)] == [
        _event(1), _event(2), _event(3, what="something"), _event(4), _event(5)
    ]  # fmt: skip


def test_a_log_goes_on_where_it_ended(folder: Path) -> None:
    log = _opened(folder)
    [entry] = log.append([_event(6)])
    log.close()
    assert entry.sequence == 6
    assert not _fault(folder)


@pytest.mark.parametrize("name", [ENTRIES, CHECKPOINTS])
def test_every_byte_that_is_changed_is_noticed(folder: Path, name: str) -> None:
    path = folder / name
    original = path.read_bytes()
    unnoticed = []
    for place in range(len(original)):
        # upper and lower case, the neighbouring digit, and what is no ASCII
        flip = (0x20, 0x01, 0x80)[place % 3]
        path.write_bytes(original[:place] + bytes([original[place] ^ flip]) + original[place + 1 :])
        if not _fault(folder):
            unnoticed.append((place, flip))
    path.write_bytes(original)
    assert not unnoticed
    assert not _fault(folder)


def test_a_removed_a_doubled_and_an_exchanged_entry_are_noticed_and_named(folder: Path) -> None:
    path = folder / ENTRIES
    lines = path.read_bytes().splitlines(keepends=True)
    for changed, named in (
        (lines[:1] + lines[2:], "line 2"),
        (lines[:2] + lines[1:], "line 3"),
        ([lines[0], lines[2], lines[1], *lines[3:]], "line 2"),
        (lines[1:], "line 1"),
    ):
        path.write_bytes(b"".join(changed))
        assert named in _fault(folder)


def test_a_log_that_was_cut_short_is_noticed_against_its_checkpoint(folder: Path) -> None:
    path = folder / ENTRIES
    lines = path.read_bytes().splitlines(keepends=True)
    for left in range(5):
        path.write_bytes(b"".join(lines[:left]))
        assert "cut short" in _fault(folder)
        with pytest.raises(IntegrityError, match="cut short"):
            _opened(folder)


def test_both_files_cut_back_together_are_noticed_against_a_checkpoint_kept_elsewhere(folder: Path) -> None:
    stamps = (folder / CHECKPOINTS).read_bytes().splitlines(keepends=True)
    kept = read_checkpoint(stamps[-1], KEYS)
    lines = (folder / ENTRIES).read_bytes().splitlines(keepends=True)
    (folder / ENTRIES).write_bytes(b"".join(lines[:3]))
    (folder / CHECKPOINTS).write_bytes(b"".join(stamps[:2]))
    assert not check_log(folder, KEYS).fault
    assert "kept elsewhere" in check_log(folder, KEYS, kept=[kept]).fault


def test_a_chain_written_anew_with_another_key_is_noticed(folder: Path, tmp_path: Path) -> None:
    forged = _opened(tmp_path / "forged", OTHER_KEY)
    forged.append([_event(1), _event(2)])
    forged.close()
    assert "not among the trusted ones" in check_log(tmp_path / "forged", KEYS).fault
    (folder / ENTRIES).write_bytes((tmp_path / "forged" / ENTRIES).read_bytes())
    assert _fault(folder)


def test_a_new_key_goes_on_with_a_log_whose_former_key_is_known(folder: Path) -> None:
    with pytest.raises(IntegrityError, match="not among the trusted ones"):
        _opened(folder, OTHER_KEY)
    log = _opened(folder, OTHER_KEY, former=(KEY,))
    log.append([_event(6)])
    log.close()
    both = KEYS | {key_id_of(OTHER_KEY.public_key()): OTHER_KEY.public_key()}
    assert check_log(folder, both).last_checkpoint == 6


def test_a_torn_line_was_never_promised_it_is_cut_off_and_said_so(folder: Path) -> None:
    whole = (folder / ENTRIES).read_bytes()
    (folder / ENTRIES).write_bytes(whole + b'{"at":"2026')
    log = _opened(folder)
    assert log.last is not None
    assert log.last.sequence == 6
    assert log.last.event.details["bytes"] == "11"
    log.close()
    assert not _fault(folder)


def test_entries_whose_checkpoint_a_crash_took_get_one(folder: Path) -> None:
    stamps = (folder / CHECKPOINTS).read_bytes().splitlines(keepends=True)
    (folder / CHECKPOINTS).write_bytes(b"".join(stamps[:2]))
    _opened(folder).close()
    checked = check_log(folder, KEYS)
    assert (checked.last_checkpoint, checked.fault) == (5, "")


def test_there_is_one_writer(folder: Path) -> None:
    log = _opened(folder)
    with pytest.raises(Unavailable, match="one writer"):
        _opened(folder)
    log.close()


def test_no_log_is_not_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        check_log(tmp_path, KEYS)


@pytest.fixture
def short_files() -> Iterator[None]:
    """No file of this process may grow beyond a chunk: what a full disk is to a writer, in every file system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (CHUNK, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("short_files")
def test_what_cannot_be_kept_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    log = _opened(tmp_path)
    log.append([_event(1)])
    with pytest.raises(Unavailable, match="nothing may be answered"):
        log.append([_event(2, filling="x" * CHUNK)])
    [entry] = log.append([_event(3)])
    log.close()
    assert entry.sequence == 2
    assert not _fault(tmp_path)
    assert (tmp_path / ENTRIES).stat().st_size < CHUNK


def test_how_long_whoever_asks_waits_for_the_log_is_counted(tmp_path: Path) -> None:
    log = _opened(tmp_path / "audit")
    before = counted("anpr_stage_seconds_count", stage="audit")
    log.append([_event(1), _event(2)])
    log.append([_event(3)])
    log.close()
    assert counted("anpr_stage_seconds_count", stage="audit") - before == 2
