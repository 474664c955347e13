"""What is installed is what pyproject.toml asks for, file by file by its digest."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_and.foundation.home import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", LOCK, re.MULTILINE))
INSTALLED_FIRST = {"torch"}
"""By the Makefile, in the build that a machine has."""


def test_every_dependency_is_locked_at_a_version_that_is_asked_for():
    asked = [
        Requirement(text) for text in (*PROJECT["dependencies"], *EXTRAS["cluster"], *EXTRAS["slurm"], *EXTRAS["dev"])
    ]
    asked = [one for one in asked if one.name not in {PROJECT["name"], *INSTALLED_FIRST}]
    locked = {one.name: LOCKED.get(canonicalize_name(one.name)) for one in asked}
    assert {one.name: locked[one.name] for one in asked if locked[one.name] not in one.specifier} == {}


def test_everything_locked_has_digests_and_no_address():
    packages = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in LOCK


def test_torch_is_installed_in_the_version_that_is_asked_for():
    (asked,) = (text for text in PROJECT["dependencies"] if Requirement(text).name == "torch")
    assert f"install --quiet --disable-pip-version-check {asked} " in (REPOSITORY / "Makefile").read_text(
        encoding="utf-8"
    )
