"""The pipelines, as data: which passes, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping

from .pipeline import Pass, Repeat
from .transform.canonicalize import Canonicalize
from .transform.cse import Cse
from .transform.dce import Dce
from .transform.index_simplify import IndexSimplify
from .transform.infer_spaces import InferSpaces
from .transform.inline import Inline
from .transform.licm import Licm
from .transform.normalize_loops import NormalizeLoops
from .transform.promote import Promote
from .transform.single_exit import SingleExit
from .transform.unroll import Unroll

SIMPLIFY = Repeat("simplify", (Canonicalize(), IndexSimplify(), Cse(), Dce()))

SIMT: tuple[Pass, ...] = (
    SingleExit(),  # a body can only replace a call if it ends in one place
    Promote(),  # while functions are small: the inliner copies less and sees which memory is whose
    Inline(),  # every later pass sees one function, and no address is passed any more
    Promote(),  # objects whose addresses were passed to methods
    InferSpaces(),  # now that pointers are values, where they point is plain
    SIMPLIFY,
    Licm(),  # bounds that loops load from memory, before loops are recognised by their bounds
    NormalizeLoops(),  # needs the counters as carried values
    Unroll(),  # needs `for`; only for the sake of the next line
    Promote(),  # arrays whose indices became constants
    SIMPLIFY,
)
"""From the frontend's plain SIMT IR to what analyses and lowerings like to see."""

PASSES: Mapping[str, Pass] = {
    item.name: item
    for item in (
        SingleExit(),
        Inline(),
        Promote(),
        InferSpaces(),
        IndexSimplify(),
        Canonicalize(),
        Cse(),
        Dce(),
        Licm(),
        NormalizeLoops(),
        Unroll(),
        SIMPLIFY,
    )
}
"""Every pass by name, with its default options."""
