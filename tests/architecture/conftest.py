"""The house as Dagster and dbt see it, loaded once."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, Definitions

from dagster_and.foundation.home import Home
from dagster_and.warehouse.building import manifest as parsed_manifest


@pytest.fixture(scope="session")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An ``AND_HOME`` of its own, with dbt's manifest in it."""
    home = Home(tmp_path_factory.mktemp("architecture"))
    shutil.copytree(parsed.cache, home.cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AND_HOME", str(home.root))
        yield home


@pytest.fixture(scope="session")
def definitions(home: Home) -> Definitions:
    from dagster_and.definitions import definitions

    return definitions()


@pytest.fixture(scope="session")
def graph(definitions: Definitions) -> Any:
    """Dagster's asset graph: nodes by ``get(key)``."""
    return definitions.resolve_asset_graph()


@pytest.fixture(scope="session")
def assets(graph: Any) -> dict[AssetKey, Any]:
    """Every node of the graph by its key."""
    return {key: graph.get(key) for key in graph.get_all_asset_keys()}


@pytest.fixture(scope="session")
def manifest(home: Home) -> dict[str, Any]:
    """dbt's manifest."""
    return json.loads(Path(parsed_manifest(home)).read_text())
