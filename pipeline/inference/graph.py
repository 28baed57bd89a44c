"""What changes an OpenVINO graph before it is compiled. On failure: BadInput where a graph is not as it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput


def numbers(node: Any, place: int) -> NDArray[np.float32]:
    """Return what a node is given as a constant, which may lie in the file in half as many bits."""
    found = constant(node, place)
    if found is None:
        raise BadInput(f"the network computes what it should know: {node.input_value(place).get_node()}")
    return found


def constant(node: Any, place: int) -> NDArray[np.float32] | None:
    """Return what a node is given as a constant; None where it is computed."""
    given = node.input_value(place).get_node()
    if given.get_type_name() == "Convert":
        given = given.input_value(0).get_node()
    return np.asarray(given.data, np.float32) if given.get_type_name() == "Constant" else None


def take(node: Any, place: int, given: Any) -> None:
    """Let `node` take the output of `given`."""
    node.input(place).replace_source_output(given.output(0))


def in_long_rows(model: Any) -> None:
    """Let a model of pictures (batch x rows x columns x colours, all fixed) scale and shift them a row at a time.

    A scale and a shift for each colour are three numbers, again and again, in OpenVINO's inner loop: a tenth of a
    search (0.73 of 6.75 ms for 640 x 352 pixels, one thread, bfloat16, AMX). For a whole row as one they are long. The
    same is multiplied and added, so the answers are the same to the bit. Other models stay as they are.
    """
    from openvino import opset13

    pictures, shape = model.input(0).get_node(), tuple(model.input(0).get_shape())
    scaled = _for_each_colour(pictures, "Multiply", shape[-1])
    shifted = _for_each_colour(scaled, "Add", shape[-1])
    if len(shape) != 4 or scaled is None or shifted is None:
        return
    batch, rows, columns, colours = shape
    after = list(shifted.output(0).get_target_inputs())
    take(scaled, 0, opset13.reshape(pictures, np.array([batch, rows, columns * colours]), special_zero=False))
    for node in (scaled, shifted):
        take(node, 1, opset13.constant(np.tile(numbers(node, 1).reshape(-1), columns).reshape(1, 1, -1)))
    whole = opset13.reshape(shifted, np.array([batch, rows, columns, colours]), special_zero=False)
    for one in after:
        one.replace_source_output(whole.output(0))
    model.validate_nodes_and_infer_types()


def _for_each_colour(given: Any, kind: str, colours: int) -> Any:
    """Return the node of that kind which takes `given` and a number for each colour; None if there is none."""
    for one in given.output(0).get_target_inputs() if given is not None else ():
        node = one.get_node()
        if node.get_type_name() == kind and one.get_index() == 0:
            found = constant(node, 1)
            if found is not None and found.size == colours == found.shape[-1]:
                return node
    return None
