"""What parts of the clips found and all of them together did not is no label."""

import numpy as np

from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.modes import holds, named


def test_no_form_of_all_clips_holds_nothing_however_well_its_parts_did():
    literals = Literals(np.array([[1], [0]], dtype=np.int8))
    forms = Forms.single(np.array([0, literals.nothing]), literals.everything)
    measured = {"auroc": np.ones(2), "auroc_low": np.full(2, 0.9), "p_value": np.full(2, 1e-6)}
    assert holds(measured).all()
    assert holds(named(measured, forms, literals)).tolist() == [True, False]
