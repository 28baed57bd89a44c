"""Where processor time goes: a sampler of this process's threads, its shares by stage, and a flame graph.

Each sample is worth the processor time that its thread has used since the last one, so waiting costs nothing and a
shared machine distorts nothing. A runtime's own threads have no Python stack: their time goes to the Python thread that
waits for them, which is inference.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from types import CodeType, FrameType

from benchmarks.harness import RESULTS

_EVERY_SECONDS = 0.01
_STAGES = {
    "decode": ("capture/decode.py:decode", "capture/keyframes.py:picture", "capture/decode.py:packets"),
    "motion": ("capture/motion.py:judge",),
    "reduce": ("capture/planes.py:reduced",),
    "convert": ("capture/planes.py:__array__", "capture/planes.py:picture_of"),
    "corners": ("detect/corners.py:settled",),
    "detect": ("detect/detector.py:detect",),
    "recognise": ("recognise/recogniser.py:recognise",),
    "crop": ("pipeline/flow.py:_sighting",),
    "track": ("track/tracker.py:observe", "track/tracker.py:flush"),
    "read": ("pipeline/flow.py:_finish",),
}
_INFERENCE = "inference/session.py"
_ROW, _WIDTH = 17, 1180
Stack = tuple[str, ...]


class Sampler:
    """Samples while it is entered."""

    def __init__(self) -> None:
        self.spent: Counter[Stack] = Counter()
        """Processor seconds by stack, outermost call first."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._last: dict[int, float] = {}
        self._last_all = 0.0

    def __enter__(self) -> Sampler:
        self._last_all = time.process_time()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def stages(self) -> dict[str, float]:
        """Return processor seconds by stage."""
        found: Counter[str] = Counter()
        for stack, seconds in self.spent.items():
            found[_stage_of(stack)] += seconds
        return dict(found.most_common())

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            self._sample()

    def _sample(self) -> None:
        stacks = {ident: _stack(frame) for ident, frame in sys._current_frames().items()}
        mine = 0.0
        for ident, stack in stacks.items():
            try:
                now = time.clock_gettime(time.pthread_getcpuclockid(ident))
            except OSError:
                continue
            used = now - self._last.get(ident, now)
            self._last[ident] = now
            mine += used
            if used > 0 and ident != self._thread.ident:
                self.spent[stack] += used
        now_all = time.process_time()
        others, self._last_all = now_all - self._last_all - mine, now_all
        running = [stack for stack in stacks.values() if any(_INFERENCE in call for call in stack)]
        if others > 0 and running:
            self.spent[running[0]] += others


def _stack(frame: FrameType | None) -> Stack:
    calls: list[str] = []
    while frame is not None:
        calls.append(_named(frame.f_code))
        frame = frame.f_back
    return tuple(reversed(calls))


@cache
def _named(code: CodeType) -> str:
    return f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_name}"


@cache
def _stage_of(stack: Stack) -> str:
    for call in reversed(stack):
        for stage, calls in _STAGES.items():
            if call in calls:
                return stage
    return "other"


def draw(spent: Counter[Stack], path: Path = RESULTS / "scale_flame.svg") -> None:
    """Write the flame graph; what took less than half a per cent is left out."""
    total = sum(spent.values())
    rectangles: list[str] = []
    deepest = _draw_level(list(spent.items()), 0, 0.0, total, rectangles)
    height = (deepest + 1) * _ROW + 30
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif">'
    title = f'<text x="4" y="16" font-size="13">{total:.1f} s of processor time, outermost call on top</text>'
    path.write_text("\n".join([head, title, *rectangles, "</svg>"]) + "\n", encoding="utf-8")


def _draw_level(
    stacks: Iterable[tuple[Stack, float]], depth: int, left: float, total: float, rectangles: list[str]
) -> int:
    groups: dict[str, list[tuple[Stack, float]]] = {}
    for stack, seconds in stacks:
        if len(stack) > depth:
            groups.setdefault(stack[depth], []).append((stack, seconds))
    deepest = depth
    for call, members in sorted(groups.items()):
        seconds = sum(one for _, one in members)
        width = seconds / total * _WIDTH
        if width < _WIDTH / 200:
            continue
        hue = sum(call.encode()) % 55
        x, y = left / total * _WIDTH, depth * _ROW + 24
        label = escape(call.rsplit("/", 1)[-1][: int(width / 6)])
        rectangles.append(
            f"<g><title>{escape(call)}: {seconds:.2f} s, {100 * seconds / total:.1f} %</title>"
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 1}" fill="hsl({hue},80%,65%)"/>'
            f'<text x="{x + 2:.1f}" y="{y + 12}" font-size="10">{label}</text></g>'
        )
        deepest = max(deepest, _draw_level(members, depth + 1, left, total, rectangles))
        left += seconds
    return deepest
