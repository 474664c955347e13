"""The notebook and the examples of the manual run, on a small house in place of the demo.

Neither Jupyter nor IPython is needed: the cells of code are run one after the other in one namespace, and what the last
line of a cell gives is asked for the HTML, or else the text, that a notebook would show.
"""

import ast
import json
import re
from typing import Any

import matplotlib
import pytest

from dagster_and.foundation.home import REPOSITORY, Home
from tests.explorer.conftest import TINY

matplotlib.use("agg")
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
PYTHON = re.compile(r"```python\n(.+?)```", re.DOTALL)
LARGEST = 200_000


def for_the_small_house(code: str) -> str:
    """The same, of another dissection and a neuron that it has."""
    return code.replace("ast-demo", TINY).replace("1221", "1")


def run_cell(code: str, names: dict[str, Any]) -> str:
    """What a notebook would show under the cell."""
    tree = ast.parse(code)
    shown = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    value = None if shown is None else eval(compile(ast.fix_missing_locations(shown), "cell", "eval"), names)
    if hasattr(value, "_repr_png_"):
        assert value._repr_png_().startswith(b"\x89PNG")
    return value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_is_kept_without_its_outputs(
    notebook, built: Home, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    monkeypatch.setenv("AND_HOME", str(built.root))
    content = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"]] == []
    assert notebook.stat().st_size < LARGEST
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = [run_cell(for_the_small_house("".join(cell["source"])), names) for cell in cells]
    assert any("<audio" in text for text in shown)


def test_the_examples_of_the_manual_run(built: Home, monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("AND_HOME", str(built.root))
    monkeypatch.chdir(tmp_path)  # what they save is saved there
    for page in ("README.md", "docs/python.md"):
        names: dict[str, Any] = {}
        blocks = PYTHON.findall((REPOSITORY / page).read_text(encoding="utf-8"))
        assert blocks
        for block in blocks:
            if "house.run(" not in block:  # tests/notebook/test_house.py runs one
                run_cell(for_the_small_house(block), names)
