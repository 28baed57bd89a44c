"""The same targets under atheris, which makes inputs by what code they reach: `python -m tests.fuzz.guided FOLDER`.

The first byte of an input chooses the target. Arguments are libFuzzer's; the last is a folder for the corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.join", "pipeline.wire", "pipeline.match.lists", "multipart"]):
    from tests.fuzz.targets import targets

_TARGETS = targets()


def _one(content: bytes) -> None:
    if content:
        _TARGETS[content[0] % len(_TARGETS)].run(content[1:])


def main() -> None:
    corpus = Path(sys.argv[-1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, target in enumerate(_TARGETS):
        for at, seed in enumerate(target.seeds):
            (corpus / f"{target.name}-{at}").write_bytes(bytes([number]) + seed)
    atheris.Setup(sys.argv, _one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
