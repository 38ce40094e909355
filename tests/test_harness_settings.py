"""Settings from the text of a source to its kernels: comments and file together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ascendify.frontend.harness_comments import find_comments
from ascendify.frontend.host_text import function_parameters, template_parameters
from ascendify.frontend.items import Item, is_kernel
from ascendify.frontend.unit import SourceOptions, analyse, read_source
from ascendify.ir.diagnostics import Reporter, render
from ascendify.ir.source import Sources
from ascendify.runtime.harness_config import HarnessConfig, check_names, merge
from ascendify.runtime.harness_files import config_file, from_toml, is_shared
from ascendify.runtime.harness_words import from_comments

SOURCE = """\
namespace ns {
// ascendify: block=B grid=ceil(n/B) instantiate fill<float,64> fill<int,32>
template <typename T, int B>
__global__ void fill(T *y,   // ascendify: out[n]
                     T value,
                     int n)  // ascendify: 1..4096
{
  int i = blockIdx.x * B + threadIdx.x;
  if (i < n) y[i] = value;
}
}

// ascendify: m=4
__global__ void other(int *x, int n) { x[n] = 0; }

// ascendify: arguments 64
int main(int argc, char **argv) { return 0; }
"""


class Flow:
    """What a driver does with a source and its settings."""

    def __init__(self, path: Path) -> None:
        self.path, self.reporter, self.sources = path, Reporter(), Sources()
        self.config = HarnessConfig()
        self.unit = analyse(
            path, read_source(path), SourceOptions(), sources=self.sources,
            reporter=self.reporter, more_instances=self.settings,
        )  # fmt: skip

    def settings(self, items: Sequence[Item]) -> Sequence[str]:
        said = find_comments(items, self.sources, self.reporter)
        self.config = from_comments(said, self.reporter)
        file = config_file(self.path)
        if file is not None:
            written = from_toml(file, self.sources, self.reporter)
            self.config = merge(self.config, written)
        known = {
            item.qualified_name: [
                p.name for p in (*function_parameters(item), *template_parameters(item))
            ]
            for item in items
            if is_kernel(item)
        }
        shared = file is not None and is_shared(file)
        for diagnostic in check_names(self.config, known, is_shared=shared):
            self.reporter.report(diagnostic)
        return self.config.instances


def test_comments_and_file(tmp_path):
    (tmp_path / "a.cu").write_text(SOURCE)
    (tmp_path / "kernel.toml").write_text("[kernel.fill]\nparameters.n = [7, 64]\nbudget = 2\n")
    flow = Flow(tmp_path / "a.cu")
    assert [k.instance for k in flow.unit.kernels] == [
        "ns::fill<float, 64>",
        "ns::fill<int, 32>",
        "other",
    ]
    fill = flow.config.kernel("ns::fill", "ns::fill<float, 64>").bound({"B": 64})
    places = [text.replace(str(tmp_path), "") for text in fill.assumptions()]
    assert places == [
        "block 64: from /a.cu:2",
        "grid ceil(n / 64): from /a.cu:2",
        "y out, n elements: from /a.cu:4",
        "n one of 7, 64: from /kernel.toml:2",
        "instances fill<float,64>, fill<int,32>: from /a.cu:2",
        "budget 2 s: from /kernel.toml:3",
    ]
    assert flow.config.program.arguments == (("64",),)


def test_mistakes_show_the_source(tmp_path):
    (tmp_path / "a.cu").write_text(SOURCE)
    (tmp_path / "a.toml").write_text("[kernel.fil]\nblock = 1\n")
    flow = Flow(tmp_path / "a.cu")
    shown = [render(d, flow.sources) for d in flow.reporter.diagnostics]
    assert [text.replace(str(tmp_path) + "/", "") for text in shown] == [
        "a.cu:13:17: error: kernel 'other' has no parameter 'm' [ASC0024]\n"
        "  // ascendify: m=4\n                  ^\n  help: it has: x, n",
        "a.toml:1:9: warning: there is no kernel 'fil' [ASC0024]\n"
        "  [kernel.fil]\n          ^~~\n  help: did you mean 'ns::fill'?",
    ]
