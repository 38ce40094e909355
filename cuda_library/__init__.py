"""CUDA's device libraries (cub, cuRAND) as CUDA source, written from their documentation.

The frontend compiles these files like user code, and the oracle includes them: what they say is
said once, on top of builtins that each side implements by itself. nvcc accepts them too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
"""What goes into the search path of `#include`."""

FILES: Mapping[str, str] = {
    "cub/util_type.cuh": r"cub",
    "cub/util_ptx.cuh": r"Shuffle(Up|Down|Index)|LaneId|WarpId|LaneMask\w\w|WarpMask|RowMajorTid"
    r"|(CTA|WARP)_\w+|BFE",
    "cub/thread/thread_operators.cuh": r"(Ine|E)quality(Wrapper)?|Sum|Difference|Division|Max|Min"
    r"|Arg(Max|Min)|CastOp|SwizzleScanOp",
    "cub/thread/thread_reduce.cuh": r"Thread(Reduce|Scan\w+)",
    "cub/thread/thread_load.cuh": r"Thread(Load|Store)|(LOAD|STORE)_[A-Z]+",
    "cub/warp/warp_reduce.cuh": r"WarpReduce",
    "cub/warp/warp_scan.cuh": r"WarpScan",
    "cub/warp/warp_load.cuh": r"WarpLoad",
    "cub/warp/warp_store.cuh": r"WarpStore",
    "cub/block/block_reduce.cuh": r"BlockReduce\w*|BLOCK_REDUCE_\w+",
    "cub/block/block_scan.cuh": r"BlockScan\w*|BLOCK_SCAN_\w+",
    "cub/block/block_load.cuh": r"BlockLoad\w*|BLOCK_LOAD_\w+|LoadDirect\w+",
    "cub/block/block_store.cuh": r"BlockStore\w*|BLOCK_STORE_\w+|StoreDirect\w+",
    "cub/block/block_exchange.cuh": r"BlockExchange",
    "cub/block/block_shuffle.cuh": r"BlockShuffle",
    "cub/block/block_discontinuity.cuh": r"BlockDiscontinuity",
    "cub/block/block_adjacent_difference.cuh": r"BlockAdjacentDifference",
    "cub/block/block_histogram.cuh": r"BlockHistogram\w*|BLOCK_HISTO_\w+",
    "cub/block/block_radix_sort.cuh": r"BlockRadixSort",
    "cub/block/block_merge_sort.cuh": r"BlockMergeSort",
    "cub/block/block_raking_layout.cuh": r"BlockRakingLayout",
    "cub/iterator/iterators.cuh": r"\w+InputIterator",
    "curand/philox.cuh": r"curandStatePhilox\w*",
    "curand/xorwow_jumps.cuh": r"curandState(_t|XORWOW\w*)?",
    "curand/xorwow.cuh": r"curandState(_t|XORWOW\w*)?",
    "curand/distributions.cuh": r"_?curand_(uniform|normal|log_normal|box)\w*|curand",
}
"""The files that hold device code, and the names that ask for each of them."""

NAMESPACES: Mapping[str, str] = {"cub/": "cub"}
"""The word without which no file of a folder is asked for."""

_INCLUDE = re.compile(r"^#include <([\w/.]+)>", re.MULTILINE)


def files_for(words: Collection[str]) -> tuple[str, ...]:
    """The files that a source with these words needs, each after those that it needs itself."""
    found: dict[str, None] = {}
    for name, asked in FILES.items():
        pattern = _pattern(asked)
        marker = next((w for folder, w in NAMESPACES.items() if name.startswith(folder)), None)
        if (marker is None or marker in words) and any(pattern.fullmatch(word) for word in words):
            _add(name, found)
    return tuple(found)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _add(name: str, found: dict[str, None]) -> None:
    for needed in _needs(name):
        if needed not in found:
            _add(needed, found)
    found[name] = None


@cache
def _needs(name: str) -> tuple[str, ...]:
    """The files of the table that a file includes."""
    included = _INCLUDE.findall(text(name))
    return tuple(path for path in included if path in FILES)


@cache
def text(name: str) -> str:
    """The text of a file."""
    return (FOLDER / name).read_text(encoding="utf-8")
