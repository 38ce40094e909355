"""How much memory a device program may declare: CUDA's own limits, and those of the host.

Without them a slip in an array's bounds would become a program that dies when it is run.
"""

from __future__ import annotations

from ..ir.diagnostics import error
from ..ir.source import Span
from .cpp_types import ArrayType, QType, size_of

LOCAL_BYTES = 512 << 10
"""Of one thread: the limit of every CUDA device since compute capability 2.0."""
SHARED_BYTES = 48 << 10
"""Of one block, declared with its size: the limit of nvcc; more has to be dynamic."""
MODULE_BYTES = 2 << 30
IMAGE_BYTES = 16 << 20
"""Of an initialised table, which is evaluated here and becomes text."""


def check_object(type_: QType, name: str, limit: int, span: Span) -> None:
    """Refuse an object without a size or beyond `limit` bytes."""
    what = f"'{name}'" if name else "this object"
    if isinstance(type_.type, ArrayType) and type_.type.count is None:
        raise error("ASC0303", f"the size of {what} is not known", span)
    size = size_of(type_)
    if size > limit:
        raise error("ASC0434", f"{what} takes {size} bytes; at most {limit} are possible", span)


def check_shared(sizes: int, span: Span) -> None:
    """Refuse a block's static shared memory beyond what CUDA allows."""
    if sizes > SHARED_BYTES:
        raise error(
            "ASC0434",
            f"the shared variables take {sizes} bytes; at most {SHARED_BYTES} are possible",
            span,
            help="declare the memory 'extern __shared__' and give its size at the launch",
        )
