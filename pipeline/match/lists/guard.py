"""What keeps a bad file from replacing a good list: malformed lines, an empty file, one suddenly halved.

On failure: BadInput says what is wrong and how to load the file all the same.
"""

from __future__ import annotations

from pipeline.errors import BadInput
from pipeline.match.lists.file import ListFile

_FAULTS_TOLD = 20


class Refused(BadInput):
    """The file may not replace the list as it is; with `--force` and a reason it may."""


def objections_to(file: ListFile) -> list[str]:
    """Return what is wrong with the lines of a file, the first ones by number and reason."""
    told = [f"{file.name}: line {line}: {reason}" for line, reason in file.faults[:_FAULTS_TOLD]]
    more = file.fault_count - len(told)
    return [*told, *([f"… and {more} more"] if more else [])]


def objection_to_size(name: str, before: int, after: int, least_share: float) -> str:
    """Return why a list may not shrink so; empty if it may."""
    if after == 0:
        return f"{name}: would be empty" + (f", it holds {before} entries" if before else "")
    if after < before * least_share:
        return f"{name}: would fall from {before} entries to {after} at once"
    return ""


def refuse(objections: list[str]) -> Refused:
    """Return the error that tells all objections and what can be done."""
    return Refused(
        "\n".join(
            [*objections, "nothing was changed; mend the file, or load it with --force and --reason if it is right"]
        )
    )
