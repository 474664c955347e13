"""What a run tells while it goes on, and what it makes of Ctrl-C."""

import io
import os
import signal
import time
import uuid

from dagster import DagsterInstance, Definitions, asset, define_asset_job
from rich.console import Console

from dagster_and.orchestration.narration import Narrator


def test_ctrl_c_is_a_stop_and_no_error_of_the_table_that_was_made():
    @asset
    def stopped() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)

    narrator = Narrator(Console(file=(printed := io.StringIO()), width=200), {}, with_traceback=False)
    run_id = str(uuid.uuid4())
    job = Definitions(assets=[stopped], jobs=[define_asset_job("all")]).resolve_job_def("all")
    with DagsterInstance.ephemeral() as instance:
        instance.add_event_listener(run_id, narrator)
        job.execute_in_process(instance=instance, raise_on_error=False, run_id=run_id)
    assert narrator.is_interrupted
    assert narrator.outcome.errors == []
    assert printed.getvalue() == ""
