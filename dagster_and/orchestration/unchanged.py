"""Whether a dissection is as its last good run left it: then it is told again what that run told, and nothing is run.

Dagster is not even loaded; what it knows of the tables and their checks still holds, since not one of them has moved.
"""

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from dagster_and.dissection import Dissection, LlmDescriber
from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.foundation.software import software
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import PROBING_CLIPS
from dagster_and.orchestration.narration import Outcome
from dagster_and.orchestration.storage import identity

LAST_BUILD = "last_build.json"


def outside_key(dissection: Dissection, home: Home) -> str | None:
    """Key of all that a dissection is made from outside of the lake: its file, sounds, checkpoint, captions, the code,
    and of where Dagster keeps what it knows of it.

    None where that can't be said before asking: a language model may have an answer now that it lacked.
    """
    from dagster_and.captioners import open_captioner
    from dagster_and.describers import open_describer
    from dagster_and.encoders import encoding_by
    from dagster_and.probing_sets.probe import fingerprint, list_files
    from dagster_and.targets.opening import checkpoint_of
    from dagster_and.targets.opening import fingerprint as weights

    if dissection.captions.llm or isinstance(dissection.describer, LlmDescriber):
        return None
    # the clips matter to the name of a network that is made here alone, and follow from all the rest
    checkpoint = checkpoint_of(dissection, pl.DataFrame(schema=PROBING_CLIPS.frame_schema), home)
    return digest(
        dissection.fingerprint(home),
        fingerprint(list_files(dissection.probing, home.cache), home),
        [checkpoint, weights(dissection, checkpoint)],
        open_captioner(dissection, home).fingerprint,
        open_describer(dissection, home, encoding_by("minilm")).fingerprint,
        identity(),  # another database of Dagster's knows nothing of what was made
        software(),
    )


def last_outcome(name: str, home: Home, outside: str | None) -> Outcome | None:
    """What the last good run of that dissection did, if all that it was made from and all that it made are still so.

    Args:
        name: of the dissection.
        home: where the note of that run lies, in Dagster's own storage: who deletes that wants all to be run again.
        outside: :func:`outside_key` as it is now.
    """
    try:
        note = json.loads(_note(home, name).read_text(encoding="utf-8"))
        if outside is None or note["key"] != [outside, _made(name, home)]:
            return None
        return replace(Outcome(**note["outcome"]), is_reused=True)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def checks_of(name: str, home: Home) -> tuple[Outcome | None, int | None]:
    """What the last run of a dissection did, if its tables are still those that it left, and how many checks passed
    when the warehouse was last built; None where that isn't known.
    """
    try:
        note = json.loads(_note(home, name).read_text(encoding="utf-8"))
        last = Outcome(**note["outcome"]) if note["key"][1] == _made(name, home) else None
    except (OSError, ValueError, TypeError, KeyError):
        last = None
    try:
        return last, json.loads((home.root / LAST_BUILD).read_text(encoding="utf-8"))["checks"]
    except (OSError, ValueError, TypeError, KeyError):
        return last, None


def keep_outcome(name: str, home: Home, outside: str | None, outcome: Outcome) -> None:
    """Note what a run did, if it made every table.

    Args:
        name: of the dissection.
        home: where it ran.
        outside: :func:`outside_key`, equal before and after it; None after a run that is not to be told again.
        outcome: of the run.
    """
    with suppress(FileNotFoundError), replacing(_note(home, name)) as temporary:
        temporary.write_text(json.dumps({"key": [outside, _made(name, home)], "outcome": asdict(outcome)}))


def _note(home: Home, name: str) -> Path:
    return home.dagster / "last_outcomes" / f"{name}.json"


def _made(name: str, home: Home) -> str:
    """Every table's file by stamp and facts: whoever replaces one, it is seen.

    Raises:
        FileNotFoundError: a table isn't there, or can't be read.
    """
    lake = Lake.of(home)
    stamps = lake.stamps(name)
    if missing := [table for table, stamp in stamps.items() if stamp is None]:
        raise FileNotFoundError(missing[0])
    return digest(lake.state([name])[name], [stamp.key for stamp in stamps.values() if stamp], lake.stale_tables(name))
