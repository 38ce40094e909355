"""What the corpus is made of: how many of its operators use which idiom, and how many must.

    python tests/corpus/census.py

The quotas come from counts over kernels of real projects, weighted towards inference, for a corpus
of 84 operators. A file counts once for every idiom. Patterns look at the text without comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
_COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Idiom:
    """`pattern` is searched in what a file does on the device; `quota` files must have it."""

    name: str
    pattern: str
    quota: int


# fmt: off
# ruff: noqa: E501 (a pattern is one line)
IDIOMS: tuple[Idiom, ...] = (
    Idiom("template", r"\btemplate\s*<", 45),
    Idiom("type parameter", r"template\s*<[^>]*\b(typename|class)\s+\w", 30),
    Idiom("non-type parameter", r"template\s*<[^>]*\b(int|bool|unsigned|size_t|uint32_t|\w+_t|\w+_order|\w+Type\w*)\s+[A-Za-z]\w*\s*[,>=]", 31),
    Idiom("constexpr", r"\bconstexpr\b", 31),
    Idiom("device helper", r"__device__(?![^;{]*__global__)[^;{]*\([^;{]*\)\s*(const\s*)?\{", 51),
    Idiom("function-like macro", r"(?m)^\s*#\s*define\s+\w+\(", 36),
    Idiom("reference", r"\w(>|_t|\w)\s?&\s?\w+\s*[,)=\[]", 20),
    Idiom("local array", r"(?m)^\s+(const\s+)?\w+\s+\w+\[[\w\s+*/-]+\](\[[^\]]+\])?\s*(=|;)", 24),
    Idiom("local pointer", r"\w\s?\*\s?(__restrict__\s+|const\s+)*\w+\s*=\s|\w+\s*\+=\s*(stride|blockIdx)", 38),
    Idiom("record by value", r"__global__[^{;]*\(([^{;]*,)?\s*(const\s+)?[A-Z]\w*\s+\w+\s*[,)]", 11),
    Idiom("methods", r"__device__[^;{]*\)\s*const\s*\{|operator\s*(\(\)|\[\]|[-+*/]=?)\s*\(|struct\s[^{;]*\{[^}]*__device__", 18),
    Idiom("functor or trait parameter", r"template\s*<[^>]*(typename|class)\s+(Op|Functor|F|\w*(raits|Op|Layout|Functor))\b|template\s*<\s*\w+_t\s+\w+,", 3),
    Idiom("auto or lambda", r"\bauto\s*[&*]*\s*\w+\s*=|\[[&=\w, ]*\]\s*(\([^)]*\)\s*)?(mutable\s*)?\{", 16),
    Idiom("__syncthreads", r"__syncthreads\s*\(", 33),
    Idiom("barrier in a loop", r"\b(for|while)\s*\([^{;]*;?[^{;]*;?[^{]*\)\s*\{[^}]*(\{[^}]*\}[^}]*)*__syncthreads", 14),
    Idiom("guard by thread beside a barrier", r"if\s*\([^)]*(tid|threadIdx\.[xyz]|lane|tx|ty)\b[^)]*\)[^;]*;[^;]{0,60}__syncthreads", 8),
    Idiom("static shared", r"(?<!extern )__shared__\s+(?!\w+\s+\w+\[\])", 17),
    Idiom("dynamic shared", r"extern\s+__shared__", 16),
    Idiom("carved shared", r"reinterpret_cast<[^>]+\*>\(\s*(\w*s[hm][a-z]*_?\w*)|\*\s*\w+\s*=\s*(\w*(shared|smem|buffer|scratch|sram|tile|data|counts)\w*)\s*(\+|;)|&\(?_?\w+\[j\]", 14),
    Idiom("2-D shared", r"__shared__[^;]*\]\[", 5),
    Idiom("shuffle", r"__shfl_|SHFL_\w+\(", 20),
    Idiom("vote", r"__ballot_sync|__any_sync|__all_sync|__activemask|__match_|__reduce_\w+_sync", 3),
    Idiom("cooperative groups", r"cooperative_groups", 6),
    Idiom("cub", r"\bcub::", 4),
    Idiom("atomics", r"\batomic(Add|Max|Min|CAS|Exch|Inc|Or|And|Xor|Sub)\w*\s*\(", 13),
    Idiom("half", r"\b(half|__half)\b", 22),
    Idiom("half2", r"\b(half2|__half2)\b", 17),
    Idiom("bf16", r"__nv_bfloat16\b|\bbf16\b", 20),
    Idiom("8-bit integers", r"\b(u?int8_t|(un)?signed char|uchar\d?|char\d)\b", 14),
    Idiom("fp8", r"__nv_fp8|__nv_fp4|e4m3|e5m2|fp4", 10),
    Idiom("double", r"\bdouble\s+\w+\s*[,)=;(]|\bdouble\s*\*", 4),
    Idiom("64-bit index", r"\b(u?int64_t|size_t|long long|ptrdiff_t)\b", 38),
    Idiom("vector types", r"\b(float|int|uint|double|char|uchar|short|ushort|longlong)[2348]\b|make_\w+[234]\(", 36),
    Idiom("vector pointer cast", r"reinterpret_cast<\s*(const\s+)?\w*(float|int|uint|half|bfloat16|double|char|vec|Vec|pack|Pack)\w*\s*(&|\*)|\((const\s+)?(float|int|uint|half|double|uchar)[2348]\s*[*&]\)", 27),
    Idiom("2-D or 3-D block", r"threadIdx\.[yz]", 18),
    Idiom("2-D or 3-D grid", r"blockIdx\.[yz]", 26),
    Idiom("grid-stride loop", r"\+=\s*(\(\w+\))?\s*(gridDim\.x\s*\*\s*blockDim\.x|blockDim\.x\s*\*\s*gridDim\.x|stride|step|\w*[sS]tride)|KERNEL_LOOP", 14),
    Idiom("block-stride loop", r"\+=\s*(\(int\))?\s*(blockDim\.x|BLOCK\w*|THREADS|NUM_THREADS|\w*[tT]hreads\w*)\s*[;)*]", 24),
    Idiom("early return", r"\)\s*(\{\s*)?return;", 25),
    Idiom("while", r"\bwhile\s*\(", 12),
    Idiom("switch or do", r"\bswitch\s*\(|\bdo\s*\{", 7),
    Idiom("math functions", r"\b(expf?|logf?|log1pf|sqrtf?|rsqrtf?|tanhf?|erff?|erfcf?|powf|sinf?|cosf?|fmaxf?|fminf?|fabsf?|exp2f|log2f|floorf|rintf|roundf|fmaf?|__expf|__fdividef)\s*\(", 41),
    Idiom("indirect index", r"\w+\[\s*\w*(i[dx]\w*|index\w*|ids|map|slots|table\w*|order|perm|indices|tokens?|targets?|nodes)\[[^\]]+\]|(int|int64_t|auto)\s+\w+\s*=\s*\w*(ids?|indices|index|map|slots?|slot_mapping|tables?|block_table|tokens?|positions|targets|roots|history|places?|inp)\[", 12),
    Idiom("integer intrinsics", r"__(popc|clz|ffs|brev|byte_perm|dp4a|umulhi|funnelshift\w*|clzll|popcll|ffsll|vadd\w*|usad)\s*\(", 8),
    Idiom("cache hints", r"__ld(g|cs|cg|ca|lu|cv)\s*\(|__st(cs|cg|wb|wt)\s*\(", 6),
    Idiom("constant memory", r"__constant__", 1),
    Idiom("launch bounds", r"__launch_bounds__", 14),
    Idiom("__restrict__", r"__restrict__", 31),
    Idiom("unroll", r"#pragma unroll", 34),
    Idiom("inline PTX", r"\basm\s*(volatile)?\s*\(", 19),
    Idiom("cp.async", r"cp\.async|memcpy_async|__pipeline_", 9),
    Idiom("mma or wmma", r"mma\.sync|wmma::|ldmatrix", 5),
    Idiom("fence or grid barrier", r"__threadfence|this_grid\(\)|\.sync\(\)\s*;\s*//\s*grid|grid\.sync", 4),
    Idiom("printf or assert", r"\b(printf|assert)\s*\(", 8),
)
# fmt: on


def device_text(text: str) -> str:
    """The file without comments and without `main` and what follows it."""
    bare = _COMMENTS.sub(" ", text)
    return re.split(r"(?m)^int main\(", bare)[0]


def files_with(idiom: Idiom, texts: Mapping[str, str]) -> list[str]:
    """Names of the files that have `idiom`."""
    pattern = re.compile(idiom.pattern, re.DOTALL)
    return sorted(name for name, text in texts.items() if pattern.search(text))


def corpus_texts() -> dict[str, str]:
    """What the operators do on the device, by file name."""
    return {path.stem: device_text(path.read_text()) for path in sorted(FOLDER.glob("*.cu"))}


def main() -> None:
    texts = corpus_texts()
    print(f"{len(texts)} operators")
    for idiom in IDIOMS:
        found = files_with(idiom, texts)
        mark = " " if len(found) >= idiom.quota else "!"
        print(f"{mark} {idiom.name:34} {len(found):4} of {idiom.quota}")


if __name__ == "__main__":
    main()
