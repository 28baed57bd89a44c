"""An exported network is one small file from which torch and every runtime compute the same."""

from datetime import date
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from pipeline.inference.session import Runtime, open_session
from pipeline.inference.weights import model_version_of, parameters_of
from training.export import export, load_into


class Tiny(nn.Module):
    """A network with a large and a small parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(16, 32)

    def forward(self, pixels: Tensor) -> Tensor:
        scores: Tensor = self.dense(pixels)
        return scores.relu()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tiny, str]:
    torch.manual_seed(3)
    network = Tiny()
    path = tmp_path_factory.mktemp("export") / "tiny.onnx"
    version = export(network, torch.zeros(2, 16), path, name="tiny", day=date(2026, 11, 1), outputs=["scores"])
    return path, network, version


def test_the_version_in_the_file_names_model_day_and_weights(exported: tuple[Path, Tiny, str]) -> None:
    path, _, version = exported
    assert model_version_of(path) == version
    assert version.startswith("tiny-2026-11-01-")


def test_large_parameters_are_stored_in_half_precision_under_their_torch_names(
    exported: tuple[Path, Tiny, str],
) -> None:
    path, network, _ = exported
    stored = {initialiser.name: initialiser.data_type for initialiser in onnx.load(str(path)).graph.initializer}
    assert stored["dense.weight"] == onnx.TensorProto.FLOAT16
    assert stored["dense.bias"] == onnx.TensorProto.FLOAT
    expected = network.dense.weight.detach().half().float().numpy()
    assert np.array_equal(parameters_of(path)["dense.weight"], expected)


@pytest.mark.parametrize("runtime", list(Runtime))
def test_torch_and_the_runtimes_compute_the_same_from_the_file(
    exported: tuple[Path, Tiny, str], runtime: Runtime
) -> None:
    path, _, _ = exported
    network = Tiny()
    load_into(network, path)
    batch = np.random.default_rng(1).normal(size=(3, 16)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(batch)).numpy()
    assert open_session(path, runtime).run(batch)[0] == pytest.approx(expected, abs=1e-5)
