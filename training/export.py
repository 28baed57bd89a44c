"""Writes a trained network as the one ONNX file that every runtime reads, torch included.

Initialisers keep the names of the torch parameters; those of at least 256 numbers are stored as float16 behind a Cast.
`model_version` in the metadata is name, date and the first 12 digits of the SHA-256 over all parameters.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from pipeline.inference.weights import VERSION_KEY, parameters_of

_SMALLEST_HALVED = 256


def export(
    network: torch.nn.Module,
    example: torch.Tensor,
    path: Path,
    *,
    name: str,
    day: date,
    outputs: list[str],
    dynamic: dict[int, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """Write `network` to `path` and return its version. `dynamic` names the free axes of the input (default: batch)."""
    network.eval()
    half = {key: value.detach().half().float() if value.numel() >= _SMALLEST_HALVED else value
            for key, value in network.state_dict().items()}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    axes = dynamic or {0: "batch"}
    free = {axis: torch.export.Dim(label) for axis, label in axes.items()}
    program = torch.onnx.export(
        network, (example,), dynamo=True, optimize=False, verbose=False, input_names=["pixels"], output_names=outputs,
        dynamic_shapes=(free,),
    )  # fmt: skip
    assert program is not None
    model = _halved(program.model_proto, set(half))
    digest = hashlib.sha256(b"".join(key.encode() + half[key].cpu().numpy().tobytes() for key in sorted(half)))
    version = f"{name}-{day.isoformat()}-{digest.hexdigest()[:12]}"
    helper.set_model_props(model, {VERSION_KEY: version, **(metadata or {})})
    model.producer_name, model.doc_string = "", ""
    onnx.checker.check_model(model)
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(model.SerializeToString())
    temporary.replace(path)
    missing = set(half) - set(parameters_of(path))
    if missing:
        raise RuntimeError(f"parameters lost on export: {sorted(missing)[:5]}")
    return version


def _halved(model: onnx.ModelProto, names: set[str]) -> onnx.ModelProto:
    """Return `model` with its large parameters as float16 behind a Cast and without exporter's notes."""
    graph = model.graph
    casts, renamed = [], {}
    for initialiser in graph.initializer:
        initialiser.ClearField("doc_string")
        del initialiser.metadata_props[:]
        value = numpy_helper.to_array(initialiser)
        if initialiser.name in names and value.dtype == np.float32 and value.size >= _SMALLEST_HALVED:
            initialiser.CopyFrom(numpy_helper.from_array(value.astype(np.float16), initialiser.name))
            renamed[initialiser.name] = f"{initialiser.name}.float32"
            casts.append(
                helper.make_node("Cast", [initialiser.name], [renamed[initialiser.name]], to=TensorProto.FLOAT)
            )
    nodes = list(graph.node)
    for node in nodes:
        node.ClearField("doc_string")
        del node.metadata_props[:]
        for index, entry in enumerate(node.input):
            node.input[index] = renamed.get(entry, entry)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
    del graph.value_info[:]
    del graph.metadata_props[:]
    return model


def load_into(network: torch.nn.Module, path: Path) -> None:
    """Load the parameters of the exported file into `network`; every one of them must be there."""
    network.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in parameters_of(path).items()
                             if key in network.state_dict()})  # fmt: skip
