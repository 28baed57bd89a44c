"""The one writer of the audit log, reached by other processes, and what a command makes of a folder."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import bootstrap_access, bootstrap_evidence
from pipeline.access.audit.socket import NAME, AuditSocket, DistantAudit
from pipeline.access.audit.verify import ENTRIES, check_log, recent_entries
from pipeline.access.cameras.seal import PlaceSeal
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.domain.read import Location
from pipeline.errors import IntegrityError, Unavailable
from pipeline.settings import Settings, settings_of
from tests.unit.access.stand import NOW, ManualClock


def event(number: int) -> AuditEvent:
    return AuditEvent(
        operation=Operation.CONSULTATION,
        outcome=Outcome.ALLOWED,
        person_id=PersonId(f"p{number}"),
        force="Testshire",
        details={"a": "b"},
    )


def holds_a_secret(path: Path) -> bool:
    """Return whether it is a private key or the random bytes that hide or seal something."""
    content = path.read_bytes()
    return b"PRIVATE KEY" in content or len(content) == 32


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # deeper than an address of a socket is long
    return Settings(folder=str(tmp_path / ("deep" * 20) / ("er" * 30)))


@pytest.fixture
def folder(settings: Settings) -> Iterator[Path]:
    """The folder of a log that a node holds."""
    log = bootstrap_access.audit_log(settings, clock=ManualClock())
    node = AuditSocket(log, bootstrap_access.audit_folder(settings))
    node.start()
    yield bootstrap_access.audit_folder(settings)
    node.stop()
    log.close()


def _append_elsewhere(folder: Path, number: int) -> None:
    DistantAudit(folder).append([event(number)])


def test_what_another_process_writes_comes_back_as_entries_of_the_one_chain(folder: Path, settings: Settings) -> None:
    [first] = DistantAudit(folder).append([event(1)])
    assert (first.sequence, first.event, first.at) == (1, event(1), NOW)
    other = multiprocessing.get_context("spawn").Process(target=_append_elsewhere, args=(folder, 2))
    other.start()
    other.join()
    [third, fourth] = DistantAudit(folder).append([event(3), event(4)])
    assert (third.sequence, fourth.previous_digest) == (3, third.digest)
    checked = check_log(folder, bootstrap_access.public_keys(settings))
    assert (checked.entries, checked.fault) == (4, "")


def test_many_at_once_make_one_chain(folder: Path, settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        entries = list(threads.map(lambda number: DistantAudit(folder).append([event(number)])[0], range(40)))
    assert sorted(entry.sequence for entry in entries) == list(range(1, 41))
    assert not check_log(folder, bootstrap_access.public_keys(settings)).fault


def test_a_command_writes_through_the_node_or_itself(folder: Path, settings: Settings) -> None:
    with bootstrap_access.audit_writer(settings) as writer:
        assert isinstance(writer, DistantAudit)
        writer.append([event(1)])
    assert [entry.event for entry in recent_entries(folder, NOW)] == [event(1)]


def test_without_a_node_a_command_holds_the_log_as_long_as_it_lasts(settings: Settings) -> None:
    with bootstrap_access.audit_writer(settings) as writer:
        assert writer.append([event(1)])[0].sequence == 1
        with pytest.raises(Unavailable, match="one writer"):
            bootstrap_access.audit_log(settings)
    with bootstrap_access.audit_writer(settings) as writer:
        assert writer.append([event(2)])[0].sequence == 2


def test_a_node_that_was_killed_leaves_a_socket_that_the_next_one_replaces(settings: Settings) -> None:
    folder = bootstrap_access.audit_folder(settings)
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(f"/proc/self/fd/{descriptor}/{NAME}")
    os.close(descriptor)
    with bootstrap_access.audit_writer(settings) as writer:
        assert not isinstance(writer, DistantAudit)
    log = bootstrap_access.audit_log(settings)
    node = AuditSocket(log, folder)
    node.start()
    assert DistantAudit(folder).is_there()
    node.stop()
    log.close()


@pytest.mark.parametrize("said", [b"", b"[]x\n", b"{}\n", b'[{"operation": "x"}]\n', b"[1]\n", b"\xff\n"])
def test_what_is_no_event_is_not_written(folder: Path, said: bytes) -> None:
    descriptor = os.open(folder, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(f"/proc/self/fd/{descriptor}/{NAME}")
        there.sendall(said)
        there.shutdown(socket.SHUT_WR)
        answer = json.loads(there.makefile("rb").readline() or b"{}")
    os.close(descriptor)
    assert answer in ({"refused": "this is no list of events"}, {"entries": []})
    assert not (folder / ENTRIES).stat().st_size


def test_a_node_that_cannot_keep_the_log_says_so_and_nobody_goes_on(settings: Settings) -> None:
    log = bootstrap_access.audit_log(settings)
    node = AuditSocket(log, bootstrap_access.audit_folder(settings))
    node.start()
    os.dup2(os.open("/dev/full", os.O_WRONLY), log._entries.fileno())
    for _ in range(2):
        with pytest.raises(Unavailable, match="nothing may be answered"):
            DistantAudit(bootstrap_access.audit_folder(settings)).append([event(1)])
    node.stop()
    log.close()


def test_keys_and_secrets_are_for_their_owner_alone(settings: Settings) -> None:
    with bootstrap_access.desk(settings):
        pass
    bootstrap_evidence.evidence_key(settings)
    folder = bootstrap_access.access_folder(settings)
    seals = settings.cameras.keys_in(folder)
    PlaceSeal(seals).close(Location(latitude=51.0, longitude=0.0), "entry")
    made = [path for path in folder.rglob("*") if path.is_file() and holds_a_secret(path)]
    expected = {bootstrap_access.SIGNING_KEY, bootstrap_access.SECRET, bootstrap_evidence.KEY, "token-key.pem"}
    assert {path.name for path in made if path.parent == folder} == expected
    assert [path.parent for path in made if path.parent != folder] == [seals]
    for path in (folder, seals, *made):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_key_that_the_settings_name_is_not_made_by_mistake(tmp_path: Path) -> None:
    named = {"signing_key_file": str(tmp_path / "there.pem")}
    settings = settings_of({"folder": str(tmp_path), "access": {"audit": named}}, where="test")
    with pytest.raises(Unavailable, match=r"there\.pem"):
        bootstrap_access.audit_log(settings)


def test_a_changed_key_goes_on_with_the_log_when_the_former_one_is_named(tmp_path: Path) -> None:
    before = Settings(folder=str(tmp_path))
    with bootstrap_access.audit_writer(before) as writer:
        writer.append([event(1)])
    folder = bootstrap_access.access_folder(before)
    former = tmp_path / "former.pem"
    former.write_bytes((folder / bootstrap_access.PUBLIC_KEY).read_bytes())
    (folder / bootstrap_access.SIGNING_KEY).unlink()
    with pytest.raises(IntegrityError), bootstrap_access.audit_writer(before):
        pass
    named = {"former_public_key_files": [str(former)]}
    after = settings_of({"folder": str(tmp_path), "access": {"audit": named}}, where="test")
    with bootstrap_access.audit_writer(after) as writer:
        assert writer.append([event(2)])[0].sequence == 2
    assert not check_log(bootstrap_access.audit_folder(after), bootstrap_access.public_keys(after)).fault
