"""Generates the Python code of the contracts. `--check` writes nothing and fails when the committed code drifted."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "protos" / "anpr" / "v1"


def generate(out: Path) -> None:
    """Write the generated modules of every contract under `out`."""
    for contract in sorted(FOLDER.glob("*.proto")):
        arguments = [
            "protoc",
            f"--proto_path={ROOT}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            f"--python_out={out}",
            f"--pyi_out={out}",
            str(contract),
        ]
        if "\nservice " in contract.read_text(encoding="utf-8"):
            arguments.insert(-1, f"--grpc_python_out={out}")
        if protoc.main(arguments):
            raise SystemExit(f"{contract.name} could not be compiled")


def drifted() -> list[str]:
    """Return the committed modules that differ from what the contracts generate now."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = {path.name: path.read_bytes() for path in (Path(folder) / "protos" / "anpr" / "v1").iterdir()}
    return [
        name
        for name, content in sorted(fresh.items())
        if not (FOLDER / name).is_file() or (FOLDER / name).read_bytes() != content
    ]


def main() -> int:
    if "--check" not in sys.argv[1:]:
        generate(ROOT)
        return 0
    stale = drifted()
    for name in stale:
        print(f"{name} has drifted from its contract: run `python -m protos.generate`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
