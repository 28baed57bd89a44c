"""A soak's camera of another maker knows of each of its reads whether it may still be lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.soak_sender import CAMERA, Sender, lost_and_doubled
from pipeline import bootstrap, bootstrap_join
from pipeline.settings import Settings, load_settings
from tests.support.join_endpoint import serving

_LOOKS = 600


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(_LOOKS):
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("in time it did not come to this")


@contextmanager
def sending(folder: Path, wrong_by: int = 0) -> Iterator[tuple[Sender, Settings]]:
    """Yield a sender that posts, and the settings of a run that lets it in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sender = Sender(port, folder, lambda: wrong_by)
    config = folder / "settings.toml"
    lines = [f'folder = "{folder}/var"', "[cameras]", "require_assessment = false", *sender.settings()]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sender.start()
    try:
        yield sender, load_settings(config)
    finally:
        sender.end()


@contextmanager
def answered(settings: Settings) -> Iterator[None]:
    with bootstrap.journal(settings) as journal, serving(settings.join, bootstrap_join.join_desk(settings, journal)):
        yield


def test_what_is_answered_as_taken_is_durable_under_the_id_that_the_sender_knows(tmp_path: Path) -> None:
    with sending(tmp_path) as (sender, settings):
        # at first nobody answers, and later nobody does for a while
        wait_until(lambda: sender.unanswered > 0)
        for times in (1, 2):
            with answered(settings):
                wait_until(lambda times=times: len(sender.taken) >= times)
        sender.make_no_more()
        with answered(settings):
            wait_until(lambda: not sender.unanswered)
        with bootstrap.journal_reader(settings) as reader:
            reads = [one.record.read for one in reader.after(0, 1000)]
    assert sender.taken == {one.read_id for one in reads}
    assert {one.camera_id for one in reads} == {CAMERA}
    figures = sender.figures([one.read_id for one in reads])
    assert figures["messages_of_a_sender"] == figures["reads_of_a_sender_taken"] == len(reads)
    assert figures["messages_refused"] == figures["messages_put_aside"] == figures["messages_unanswered"] == 0


def test_what_the_run_puts_aside_need_not_be_stored(tmp_path: Path) -> None:
    with sending(tmp_path, wrong_by=7200) as (sender, settings), answered(settings):
        wait_until(lambda: bool(sender.put_aside))
    assert not sender.taken
    assert sender.figures([])["reads_lost_of_a_sender"] == 0


def test_a_message_that_will_never_be_taken_is_told(tmp_path: Path) -> None:
    with sending(tmp_path) as (sender, settings):
        (tmp_path / "sender.secret").write_text("another secret, which is long enough\n", encoding="utf-8")
        with answered(settings):
            wait_until(lambda: bool(sender.refused))
    assert set(sender.refused) == {401}


def test_reads_that_are_missing_or_there_twice_are_counted() -> None:
    assert lost_and_doubled({"a", "b", "c"}, ["a", "b", "b", "of a camera"]) == {
        "reads_of_a_sender_taken": 3,
        "reads_lost_of_a_sender": 1,
        "reads_doubled_of_a_sender": 1,
    }
