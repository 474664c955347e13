"""What is said of the software that runs."""

import platform

from dagster_and.foundation import software as module
from dagster_and.foundation.software import software


def test_versions_and_a_digest_of_the_code_are_told():
    told = software()
    assert platform.python_version().startswith(f"{told['Python']}.")
    assert {"numpy", "torch", "polars"} <= told.keys()


def test_another_line_of_code_is_another_digest(tmp_path, monkeypatch):
    (tmp_path / "dagster_and").mkdir()
    file = tmp_path / "dagster_and" / "a.py"
    monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    digests = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        file.write_text(text)
        digests.append(software.__wrapped__()["the code"])
    assert digests[0] == digests[2] != digests[1]
