"""What tables are made from: the precision, and never the device or the engine."""

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from dagster_and.dissection import Compute, Dissection
from dagster_and.foundation.home import Home
from dagster_and.targets.opening import checkpoint_of

CLIPS = pl.DataFrame({"sha256": ["a", "b"], "label": ["dog", "rain"], "fold": [1, 2]})


def dissection(**compute: str) -> Dissection:
    sections = {"probing": {"layout": "soundbank"}, "captions": {"captioner": "dataset"}}
    target = {"family": "embedded_ast"}
    return Dissection.model_validate({"name": "one", **sections, "target": target, "compute": compute})


def test_a_precision_of_its_own_is_in_the_keys_and_no_device_or_engine_is(tmp_path: Path):
    plain = dissection()
    others = [{"device": device} for device in ("cpu", "cuda", "mps")]
    for machine in (*others, {"engine": "tcp://host:8786"}):
        other = dissection(**machine)
        assert other.fingerprint(Home(tmp_path)) == plain.fingerprint(Home(tmp_path))
        assert other.compute.in_keys == plain.compute.in_keys == ()
        assert checkpoint_of(other, CLIPS, Home(tmp_path)) == checkpoint_of(plain, CLIPS, Home(tmp_path))
    found = {precision: dissection(precision=precision) for precision in ("float32", "bfloat16", "float16")}
    assert len({one.fingerprint(Home(tmp_path)) for one in found.values()}) == 3
    assert len({one.compute.in_keys for one in found.values()}) == 3
    assert len({checkpoint_of(one, CLIPS, Home(tmp_path)) for one in found.values()}) == 3


@pytest.mark.parametrize("setting", [{"device": "gpu"}, {"precision": "float64"}])
def test_what_nobody_knows_is_refused(setting: dict[str, str]):
    with pytest.raises(ValidationError, match="Input should be"):
        Compute.model_validate(setting)
