"""What is installed, by make and in an image, is what pyproject.toml asks for, file by file by its digest."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_and.foundation.home import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OF_MAKE, OF_IMAGE = "requirements.lock", "deploy/requirements.lock"
ASKED = {
    OF_MAKE: [*PROJECT["dependencies"], *EXTRAS["cluster"], *EXTRAS["slurm"], *EXTRAS["dev"]],
    OF_IMAGE: [*PROJECT["dependencies"], *EXTRAS["cluster"], *EXTRAS["slurm"], *EXTRAS["kubernetes"]],
}
INSTALLED_FIRST = {"torch"}
"""In the build that a machine has."""


def written(lock: str) -> str:
    return (REPOSITORY / lock).read_text(encoding="utf-8")


def locked(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", written(lock), re.MULTILINE))


@pytest.mark.parametrize("lock", ASKED)
def test_every_dependency_is_locked_at_a_version_that_is_asked_for(lock: str):
    asked = [Requirement(text) for text in ASKED[lock]]
    asked = [one for one in asked if one.name not in {PROJECT["name"], *INSTALLED_FIRST}]
    found = {one.name: locked(lock).get(canonicalize_name(one.name)) for one in asked}
    assert {one.name: found[one.name] for one in asked if found[one.name] not in one.specifier} == {}


@pytest.mark.parametrize("lock", ASKED)
def test_everything_locked_has_digests_and_no_address(lock: str):
    packages = re.split(r"^(?=[a-z0-9])", written(lock), flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in written(lock)


def test_an_image_holds_what_is_tested():
    tested = locked(OF_MAKE)
    assert {name: held for name, held in locked(OF_IMAGE).items() if tested.get(name, held) != held} == {}


def test_torch_is_installed_in_the_version_that_is_asked_for():
    (asked,) = (text for text in PROJECT["dependencies"] if Requirement(text).name == "torch")
    assert f"install --quiet --disable-pip-version-check {asked} " in written("Makefile")
    assert f" {asked} " in written("deploy/Dockerfile")


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_what_installs_goes_by_digests(file: str):
    assert re.search(r"install .*--no-deps --require-hashes --requirement requirements\.lock", written(file))


def test_the_image_takes_its_own_lock():
    assert f"COPY {OF_IMAGE} ./" in written("deploy/Dockerfile")
