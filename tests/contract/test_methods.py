"""The table of methods is complete: each method of each contract has its line, and each line its method."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from pipeline.access.callers.methods import NEEDS, Behind

FOLDER = Path(__file__).parents[2] / "protos" / "anpr" / "v1"


def methods() -> set[str]:
    ours = [import_module(f"protos.anpr.v1.{path.stem}_pb2") for path in sorted(FOLDER.glob("*.proto"))]
    return {
        f"/{service.full_name}/{method.name}"
        for contract in (*ours, health_pb2, reflection_pb2)
        for service in contract.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def test_every_method_has_a_line_and_every_line_a_method() -> None:
    assert set(NEEDS) == methods()


@pytest.mark.parametrize("method", sorted(NEEDS))
def test_nothing_of_ours_is_open_to_everybody(method: str) -> None:
    need = NEEDS[method]
    assert (need.behind is Behind.NOBODY) == (not method.startswith("/anpr."))
    assert need.behind is Behind.NOBODY or need.right is not None
