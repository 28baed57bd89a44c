"""A camera of another maker in a soak: it posts what it reads to the run's endpoint until each message is answered.

What was answered as taken must be in the store, once. What the run put aside (its clock was turned just then) or never
answered is told too. The camera's clock is the run's, so that it is turned with it.
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import urllib3

from pipeline.domain.read import ReadId
from pipeline.domain.vrm import parse_vrm
from pipeline.join.fields import epoch_milliseconds
from pipeline.join.records import joined_read_id
from pipeline.join.settings import JoinedCameraSettings
from tests.support.joined import ALPR_GROUP

CAMERA = "joined"
"""The sender's name, and that of its camera in our records."""
_EVERY_SECONDS = 1.0
_AGAIN_SECONDS = 0.5
_ANSWER_SECONDS = 5.0
_NOT_NOW = (408, 429)
_MARKS = 90
_THEIR_NAME = 1
_CAMERA = JoinedCameraSettings(camera_id=CAMERA)


class Sender:
    """Posts from `start` until `end`. `wrong_by` tells by how many seconds the run's clock is wrong now."""

    def __init__(self, port: int, folder: Path, wrong_by: Callable[[], int]) -> None:
        self._secret = base64.b64encode(os.urandom(18)).decode("ascii")
        self._secret_file = folder / "sender.secret"
        self._secret_file.write_text(self._secret + "\n", encoding="utf-8")
        self._port = port
        self._wrong_by = wrong_by
        self._made = 0
        self._waiting: deque[tuple[ReadId, bytes]] = deque()
        self._making = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.taken: set[ReadId] = set()
        """Ids of the reads that were answered as taken: from then on they may not be lost."""
        self.put_aside: set[ReadId] = set()
        self.refused: Counter[int] = Counter()
        """Statuses that mean never, of messages that had nothing wrong in them."""

    def settings(self) -> list[str]:
        """Return the lines of the run's settings that let it in."""
        return [
            "[join]",
            "enabled = true",
            f"port = {self._port}",
            f"[join.senders.{CAMERA}]",
            'format = "alpr-group"',
            f'secret_file = "{self._secret_file}"',
            f'cameras = {{ "{_THEIR_NAME}" = {{ camera_id = "{CAMERA}" }} }}',
        ]

    def start(self) -> None:
        self._thread.start()

    def make_no_more(self) -> None:
        """Only go on with what is not answered yet."""
        self._making = False

    @property
    def unanswered(self) -> int:
        return len(self._waiting)

    def end(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def figures(self, stored: Sequence[str]) -> dict[str, int]:
        """Return what became of its messages; `stored` is the id of every row in the store."""
        return {
            "messages_of_a_sender": self._made,
            "messages_put_aside": len(self.put_aside),
            "messages_refused": self.refused.total(),
            "messages_unanswered": self.unanswered,
            **lost_and_doubled(self.taken, stored),
        }

    def _run(self) -> None:
        next_at = time.monotonic()
        with urllib3.HTTPConnectionPool("127.0.0.1", self._port, retries=False, timeout=_ANSWER_SECONDS) as pool:
            while not self._ended.is_set():
                if self._making and time.monotonic() >= next_at:
                    self._waiting.append(self._message())
                    next_at = time.monotonic() + _EVERY_SECONDS
                answered = bool(self._waiting) and self._post(pool, *self._waiting[0])
                if answered:
                    self._waiting.popleft()
                else:
                    self._ended.wait(_AGAIN_SECONDS)

    def _message(self) -> tuple[ReadId, bytes]:
        """Return one more vehicle, pictured now, and the id that its read will have."""
        self._made += 1
        # none is on the list, or near one that is likely to be
        mark = f"QQ{10 + self._made % _MARKS}JQX"
        at = int((time.time() + self._wrong_by()) * 1000)
        body = ALPR_GROUP | {
            "camera_id": _THEIR_NAME,
            "epoch_start": at,
            "epoch_end": at,
            "best_plate_number": mark,
            "candidates": [],
        }
        read_id = joined_read_id(_CAMERA, epoch_milliseconds(at, "epoch_start"), parse_vrm(mark))
        return read_id, json.dumps(body).encode()

    def _post(self, pool: urllib3.HTTPConnectionPool, read_id: ReadId, body: bytes) -> bool:
        """Return whether the message is over: taken, put aside, or never to be taken."""
        said = base64.b64encode(f"{CAMERA}:{self._secret}".encode()).decode("ascii")
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {said}"}
        try:
            answer = pool.request("POST", f"/join/{CAMERA}", body=body, headers=headers)
        except urllib3.exceptions.HTTPError:
            return False
        if answer.status in _NOT_NOW or answer.status >= 500:
            return False
        if answer.status != 200:
            self.refused[answer.status] += 1
        elif answer.json()["taken"]:
            self.taken.add(read_id)
        else:
            self.put_aside.add(read_id)
        return True


def lost_and_doubled(taken: Collection[str], stored: Sequence[str]) -> dict[str, int]:
    """Return how many reads that were answered as taken are not in the store, or there more than once."""
    times = Counter(stored)
    return {
        "reads_of_a_sender_taken": len(taken),
        "reads_lost_of_a_sender": sum(not times[one] for one in taken),
        "reads_doubled_of_a_sender": sum(times[one] > 1 for one in taken),
    }
