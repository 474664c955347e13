"""``dissect report`` refuses in one sentence what it can't write."""

from pathlib import Path


def test_without_a_warehouse_it_says_what_to_run(dissect):
    code, _, complaint = dissect("report", "ast-demo")
    assert code == 1
    assert "no warehouse at" in complaint
    assert "run `dissect run ast-demo` first" in complaint


def test_a_file_that_is_no_page_is_refused(dissect, tmp_path: Path):
    code, _, complaint = dissect("report", "ast-demo", "--to", tmp_path / "report.pdf")
    assert code == 1
    assert "ends in .html" in complaint
