"""The reference of all settings, written from the code: every key, its default and what stands beside it there."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from pipeline.settings import Settings

_HEAD = """# Settings

Written by `anpr settings show` from the code that reads them; `anpr settings check FILE` reports every fault of a file
at once. An unknown section or key is a fault. Units are in the names; secrets are paths of files.
"""


def settings_page() -> str:
    """Return the reference as Markdown."""
    top = [one for one in fields(Settings) if not _section_of(Settings, one)]
    parts = [_HEAD, _table(Settings, top)]
    for one in fields(Settings):
        section = _section_of(Settings, one)
        if section is not None:
            parts += _sections(one.name, *section)
    return "\n".join(parts)


def _sections(name: str, kind: type, shape: str) -> Iterator[str]:
    """Yield the section called `name`, and those within it."""
    title = {"one": f"[{name}]", "named": f"[{name}.NAME]", "many": f"[[{name}]]"}[shape]
    within = {one.name: section for one in fields(kind) if (section := _section_of(kind, one))}
    yield f"## `{title}`\n\n{_flowing(inspect.getdoc(kind) or '')}\n"
    yield _table(kind, [one for one in fields(kind) if one.name not in within])
    for below, section in within.items():
        yield from _sections(f"{name}.NAME.{below}" if shape == "named" else f"{name}.{below}", *section)


def _section_of(owner: type, one: Field[Any]) -> tuple[type, str] | None:
    """Return the dataclass that a field holds, and whether it is one, many in order or many by name; None for a key."""
    hint = get_type_hints(owner)[one.name]
    for kind in (hint, *get_args(hint)):
        if isinstance(kind, type) and is_dataclass(kind):
            origin = get_origin(hint)
            return kind, "named" if origin is dict else "many" if origin is tuple else "one"
    return None


def _table(kind: type, keys: list[Field[Any]]) -> str:
    if not keys:
        return ""
    meanings = _meanings(kind)
    rows = [f"| `{one.name}` | {_default(one)} | {meanings.get(one.name, '')} |" for one in keys]
    return "\n".join(["| key | default | meaning |", "| --- | --- | --- |", *rows, ""])


def _default(one: Field[Any]) -> str:
    if one.default is MISSING and one.default_factory is MISSING:
        return "must be given"
    made: Any = one.default_factory
    value = made() if one.default is MISSING else one.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value in ("", (), {}):
        return "none" if value != "" else "empty"
    if isinstance(value, (tuple, list)):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{value:,}`".replace(",", "_") if isinstance(value, int) else f"`{value}`"


def _meanings(kind: type) -> dict[str, str]:
    """Return what stands below each field in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    (written,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    found = {}
    for at, node in enumerate(written.body[:-1]):
        below = written.body[at + 1]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            found[node.target.id] = " ".join(str(text).split()).replace("|", "\\|")
    return found


def _flowing(text: str) -> str:
    """Return `text` with one line a paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
