"""What a camera asks of other actors: calls that wait there are counted by who asks, whoever has them yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import RayActorError

from actors.remote import RemoteJournal, RemotePlateReader
from pipeline.domain.plate import CameraId
from pipeline.errors import Unavailable
from tests.support.counted import counted


class Remote:
    """A method of an actor whose answers come when a test says so."""

    def __init__(self) -> None:
        self.asked: list[Future[Any]] = []
        self.was_asked = threading.Semaphore(0)

    def remote(self, *given: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        self.asked.append(answer)
        self.was_asked.release()
        return answer


@pytest.fixture(autouse=True)
def answers_of_futures(monkeypatch: pytest.MonkeyPatch) -> None:
    got: Callable[[Future[Any]], Any] = Future.result
    monkeypatch.setattr("actors.remote.ray", SimpleNamespace(get=got))


def under_way(stage: str) -> float:
    return counted("anpr_stage_in_progress", stage=stage)


def test_batches_that_the_models_have_not_begun_are_counted_as_waiting() -> None:
    find = Remote()
    reader = RemotePlateReader(SimpleNamespace(find=find), version="1", camera_id=CameraId("gate"), in_flight=2)
    found = [reader.find([], []) for _ in range(3)]
    for _ in found:
        find.was_asked.acquire()
    assert under_way("inference") == 3
    # one is answered, and the actor dies under another, which is asked again
    find.asked[0].set_result([])
    find.asked[1].set_exception(RayActorError())
    find.was_asked.acquire()
    for answer in find.asked[2:]:
        answer.set_result([])
    assert [one.result(timeout=20) for one in found] == [[], [], []]
    reader.close()
    assert under_way("inference") == 0


def test_appends_that_wait_for_the_journal_are_counted_until_they_are_answered_or_lost() -> None:
    append = Remote()
    journal = RemoteJournal(SimpleNamespace(append=append))
    waiting = threading.Thread(target=journal.append, args=([],))
    waiting.start()
    append.was_asked.acquire()
    assert under_way("journal") == 1
    append.asked[0].set_result(1)
    waiting.join()
    failing: Future[Any] = Future()
    failing.set_exception(RayActorError())
    lost = SimpleNamespace(remote=lambda *given: failing)
    with pytest.raises(Unavailable):
        RemoteJournal(SimpleNamespace(append=lost)).append([])
    assert under_way("journal") == 0
