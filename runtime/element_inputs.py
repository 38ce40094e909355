"""What the computation of one element started from, as far as that can be told without its code:
scalar arguments, and the elements at the same place of buffers of the same extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .compare import NUMPY_TYPES, Bytes, as_floats
from .evidence import Number
from .parameters import Parameter
from .worst_element import MOST_INPUTS

FLOATS = ("f16", "bf16", "f32", "f64")


def element_count(size: int, elem: str) -> int:
    """How many elements `size` bytes hold; classes count as floats, as they are compared."""
    return size // np.dtype(NUMPY_TYPES.get(elem, np.float32)).itemsize


def value_at(data: Bytes, elem: str, index: int) -> Number:
    """Element `index` of `data` as a Python number; classes are seen as floats."""
    dtype = elem if elem in NUMPY_TYPES else "f32"
    item = np.dtype(NUMPY_TYPES[dtype]).itemsize
    part = data[index * item : (index + 1) * item]
    if dtype in FLOATS:
        return float(as_floats(part, dtype)[0])
    return int(part.view(NUMPY_TYPES[dtype])[0])


def inputs_at(
    parameters: Sequence[Parameter],
    args: Sequence[bytes],
    before: Mapping[str, tuple[str, Bytes]],
    output: str,
    index: int,
) -> dict[str, Number]:
    """The inputs of element `index` of the buffer `output`; `before` maps each buffer's name to
    its element type and its bytes before the launch."""
    inputs: dict[str, Number] = {
        parameter.name: value_at(np.frombuffer(arg, np.uint8), parameter.kind, 0)
        for parameter, arg in zip(parameters, args, strict=True)
        if parameter.kind in NUMPY_TYPES
    }
    extent = element_count(before[output][1].size, before[output][0])
    for name, (elem, data) in before.items():
        if name != output and elem in NUMPY_TYPES and element_count(data.size, elem) == extent:
            inputs[f"{name}[{index}]"] = value_at(data, elem, index)
    elem, data = before[output]
    inputs[f"{output}[{index}] before"] = value_at(data, elem, index)
    return dict(list(inputs.items())[:MOST_INPUTS])
