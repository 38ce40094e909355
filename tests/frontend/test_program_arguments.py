"""What programs can be started with, from the text of `main` and the files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.frontend.declarations import index_declarations
from ascendify.frontend.preprocess import preprocess
from ascendify.frontend.program_arguments import argument_candidates
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources


def candidates(text: str, source: Path | None = None) -> list[tuple[str, ...]]:
    reporter = Reporter()
    done = preprocess("a.cu", text, sources=Sources(), reporter=reporter)
    return argument_candidates(index_declarations(done.tokens, reporter), source)


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        pytest.param("int main() { }", [()], id="no parameters"),
        pytest.param("void f() { }", [], id="no main"),
        pytest.param("int main(int argc, char **argv) { }", [()], id="not read"),
        pytest.param(
            'int main(int argc, char *argv[]) { if (argc != 2) { printf("Usage: %s <repeat>\\n", '
            "argv[0]); return 1; } const int repeat = atoi(argv[1]); }",
            [("2",)],
            id="demanded repeat",
        ),
        pytest.param(
            "int main(int argc, char **argv) { if (argc < 3) exit(1); int rows = atoi(argv[1]);"
            " int cols = strtol(argv[2], nullptr, 10); }",
            [("128", "128"), ("64", "64")],
            id="demanded sizes",
        ),
        pytest.param(
            "int main(int argc, char **argv) { int n = 1024; if (argc > 1) n = atoi(argv[1]); }",
            [(), ("256",), ("64",), ("1024",)],
            id="optional",
        ),
        pytest.param(
            "int main(int argc, char **argv) { int n = 1 << 28; if (argc > 1) n = atoi(argv[1]); }",
            [("256",), ("64",), ("1024",), ()],
            id="large default last",
        ),
        pytest.param(
            "int main(int argc, char **argv) { size_t n = argc > 1 ? std::stoul(argv[1]) : 4096;"
            " int iterations = (argc > 2) ? std::stoi(argv[2]) : 100; }",
            [(), ("256", "2"), ("64", "2"), ("1024", "2"), ("256",), ("64",), ("1024",)],
            id="conditional expressions",
        ),
        pytest.param(
            "void usage() { fputs(\"x\", stderr); exit(1); }\n"
            "int main(int argc, char **argv) { if (argc == 4) { n = atoi(argv[1]); k ="
            " atof(argv[2]); iters = atoi(argv[3]); } else { usage(); } }",
            [("256", "0.5", "2"), ("64", "0.5", "2"), ("1024", "0.5", "2")],
            id="else branch gives up",
        ),
        pytest.param(
            "int main(int argc, char **argv) { assert(argc == 2 || argc == 3); int n = "
            "atoi(argv[1]); if (argc == 3) m = atoi(argv[2]); }",
            [("128", "128"), ("64", "64"), ("256",), ("64",), ("1024",)],
            id="assert",
        ),
        pytest.param(
            "int parse(int count, char **words) { if (count < 2) return -1; return "
            "atoi(words[1]); }\nint main(int argc, char **argv) { int n = parse(argc, argv); }",
            [("256",), ("64",), ("1024",)],
            id="function that parses",
        ),
        pytest.param(
            "int main(int argc, char **argv) { for (int i = 1; i < argc; i++) { if "
            '(strcmp(argv[i], "-n") == 0 && i + 1 < argc) n = atoi(argv[++i]); else if '
            '(!strcmp(argv[i], "--iters")) iters = atoi(argv[i + 1]); } }',
            [
                (),
                ("-n", "256", "--iters", "2"),
                ("-n", "64", "--iters", "2"),
                ("-n", "1024", "--iters", "2"),
                ("-n", "256"),
            ],
            id="flags",
        ),
        pytest.param(
            "int main(int argc, char **argv) { int c; while ((c = getopt(argc, argv, \"m:vt:\")) "
            "!= -1) switch (c) { case 'm': m = atoi(optarg); break; case 't': tol = "
            "atof(optarg); break; case 'v': v = 1; } }",
            [
                (),
                ("-m", "256", "-t", "0.5"),
                ("-m", "64", "-t", "0.5"),
                ("-m", "1024", "-t", "0.5"),
                ("-m", "256"),
            ],
            id="getopt",
        ),
        pytest.param(
            "void go(int which) { switch (which) { case 1: a(); break; case 3: b(); } }\n"
            "int main(int argc, char **argv) { int which = 1; if (argc > 1) which = "
            "atoi(argv[1]); int n = 64; if (argc > 2) n = atoi(argv[2]); go(which); }",
            [(), ("1", "256"), ("3", "256"), ("1", "64"), ("1", "1024"), ("1",), ("3",)],
            id="cases of a switch",
        ),
        pytest.param(
            "int main(int argc, char **argv) { if (argc < 2) return 1; FILE *f = fopen(argv[1], "
            '"rb"); }',
            [],
            id="file",
        ),
        pytest.param(
            "int main(int argc, char **argv) { if (argc != 3) return 1; if (strcmp(argv[1], "
            '"fast") == 0) go(); int n = atoi(argv[2]); }',
            [("fast", "256"), ("fast", "64"), ("fast", "1024")],
            id="compared word",
        ),
        pytest.param(
            'int main(int argc, char **argv) { if (argc < 2) { printf("e.g. ./prog 4096 100\\n");'
            " return 1; } n = atoi(argv[1]); int times = atoi(argv[2]); }",
            [("256", "2"), ("4096", "100"), ("64", "2"), ("1024", "2"), ("256",), ("64",),
             ("1024",)],
            id="example in a text",
        ),
        pytest.param(
            'int main(int argc, char **argv) { if (argc != 4) { printf("usage: %s <width> '
            '<height> <num_threads>", argv[0]); return 1; } run(std::stoi(argv[1]), '
            "std::stoi(argv[2]), std::stoi(argv[3])); }",
            [("128", "128", "128"), ("64", "64", "128")],
            id="names from the usage text",
        ),
    ],
)  # fmt: skip
def test_from_main(main, expected):
    assert candidates(main) == expected


ONE_SIZE = (
    "int main(int argc, char **argv) { if (argc != 3) return 1; int size = atoi(argv[1]);"
    " int repeat = atoi(argv[2]); }"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "Makefile",
            "program = main\nLAUNCHER =\nARGS := 1000000 100\n\nrun: $(program)\n"
            "\t$(LAUNCHER) ./$(program) $(ARGS) > out.txt\n",
            [("256", "2"), ("1000000", "100")],
            id="make",
        ),
        pytest.param("run.sh", "#!/bin/sh\n./main 48 1\n", [("48", "1")], id="script"),
        pytest.param(
            "CMakeLists.txt",
            "add_test(NAME works COMMAND main 512 3)",
            [("256", "2"), ("512", "3")],
            id="cmake",
        ),
        pytest.param(
            "README.md",
            "Run it:\n\n    $ ./main 96 2\n\nor `./other 1 1`.\n",
            [("96", "2")],
            id="readme",
        ),
        pytest.param("run.sh", "./main 1\n./main --help\n", [], id="refused by main"),
    ],
)
def test_from_files_beside_the_source(tmp_path, name, text, expected):
    (tmp_path / "main.cu").write_text(ONE_SIZE)
    (tmp_path / name).write_text(text)
    found = candidates(ONE_SIZE, tmp_path / "main.cu")
    assert found[: len(expected)] == expected
    assert found[len(expected) :] == [
        c for c in [("256", "2"), ("64", "2"), ("1024", "2")] if c not in expected
    ]


def test_data_files_are_found(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "graph.txt").write_text("1 2 3")
    (tmp_path / "Makefile").write_text("run:\n\t./bfs data/graph.txt\n")
    text = "int main(int argc, char **argv) { if (argc != 2) return 1; read(argv[1]); }"
    assert candidates(text, tmp_path / "bfs.cu") == [(str(tmp_path / "data" / "graph.txt"),)]


def test_programs_of_other_sources_are_not_taken(tmp_path):
    for name in ("one.cu", "two.cu"):
        (tmp_path / name).write_text(ONE_SIZE)
    (tmp_path / "run.sh").write_text("./one 16 1\n./two 32 1\n")
    assert candidates(ONE_SIZE, tmp_path / "two.cu")[0] == ("32", "1")


def test_unreadable_files_do_not_matter(tmp_path):
    (tmp_path / "Makefile").write_bytes(b"\xff\xfe\x00 ./main 'unclosed $(\n\t./$(A) \"x\n")
    (tmp_path / "run.sh").mkdir()
    assert candidates(ONE_SIZE, tmp_path / "main.cu")[0] == ("256", "2")
