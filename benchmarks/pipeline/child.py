"""Runs a dissection in this process and writes how long each step took; a file of its own, so that any revision of the
product that comes first on the path can be measured by it.

    python child.py OUTPUT.json DISSECTION
"""

import json
import sys
import time
from pathlib import Path

WAREHOUSE = "warehouse"


def main(output: Path, dissection: str) -> int:
    """Returns the exit code of ``dissect run``."""
    from dagster_and.cli import app

    start = time.time()
    sys.argv = ["dissect", "run", dissection]
    try:
        app()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    output.write_text(json.dumps({"start": start, "end": time.time(), "steps": steps(start)}))
    return code


def steps(since: float) -> list[dict]:
    """Every step of the runs since then: its room, start and end."""
    from dagster import DagsterInstance

    from dagster_and.definitions import defs

    graph = defs.resolve_asset_graph()
    rooms = {node.key.path[-1]: (node.group_name or "").partition("_")[2] for node in graph.asset_nodes}
    found = []
    with DagsterInstance.get() as instance:
        for record in instance.get_run_records():
            if not record.start_time or record.start_time < since:
                continue
            told: dict[str, set[str]] = {}
            for entry in instance.all_logs(record.dagster_run.run_id):
                event = entry.dagster_event
                if not event or not event.step_key:
                    continue
                if event.event_type_value == "ASSET_MATERIALIZATION":
                    key = event.asset_key
                elif event.event_type_value == "ASSET_CHECK_EVALUATION":
                    key = event.asset_check_evaluation_data.asset_key
                else:
                    continue
                if key:
                    told.setdefault(event.step_key, set()).add(key.path[-1])
            for step in instance.get_run_step_stats(record.dagster_run.run_id):
                tables = sorted(told.get(step.step_key, ()))
                room = rooms.get(tables[0], "") if tables and step.step_key != WAREHOUSE else WAREHOUSE
                found.append({"step": step.step_key, "room": room, "start": step.start_time, "end": step.end_time})
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
