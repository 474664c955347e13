"""A dissection's report, written whole to one file."""

from datetime import datetime
from pathlib import Path

from dagster_and.explorer.sounds import Sounds
from dagster_and.explorer.templating import environment
from dagster_and.explorer.warehouse import NoWarehouseError, Warehouse
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home
from dagster_and.report.content import Checks, content
from dagster_and.report.enclosures import clips_of, figures, heard, spectrograms

TEMPLATES = Path(__file__).with_name("templates")
EXPLORER = Path(__file__).parents[1] / "explorer" / "static"
LARGEST = 5_000_000
"""Bytes that may be mailed."""
ENDINGS = (".html", ".htm")


def write_report(home: Home, name: str, to: Path, checks: Checks | None = None, *, with_sounds: bool = True) -> int:
    """Write the report of a dissection in the warehouse, in place of what is there; returns its bytes.

    Args:
        home: whose warehouse, lake and sounds it is written from.
        name: of the dissection.
        to: the file.
        checks: what the last run's checks said; None where that isn't known.
        with_sounds: whether a few sounds are enclosed.

    Raises:
        UserError: the warehouse or the dissection isn't there, or no report can be written to that file.
    """
    if to.suffix.lower() not in ENDINGS or to.is_dir():
        raise UserError(f"{to} can't be the report's file: write the path of a file that ends in .html.")
    text = report(home, name, checks, with_sounds=with_sounds).encode()
    with replacing(to) as temporary:
        temporary.write_bytes(text)
    return len(text)


def report(home: Home, name: str, checks: Checks | None = None, *, with_sounds: bool = True) -> str:
    """The report as HTML; see :func:`write_report`."""
    sounds = Sounds()
    try:
        with Warehouse(home.warehouse).reading() as reader:
            known = reader.column("select dissection from dim_dissections order by dissection")
            if name not in known:
                raise UserError(
                    f"The warehouse holds no dissection {name!r}: write one of {', '.join(known) or '(none)'}, or run "
                    f"`dissect run {name}` first."
                )
            told = content(reader, home, name)
            both = [*told["neurons"]["surest"], *told["neurons"]["drawn"]]
            clips = clips_of(reader, home, name, (row["clip_id"] for neuron in both for row in neuron["clips"]))
        told |= {
            "checks": checks,
            "built": datetime.fromtimestamp(home.warehouse.stat().st_mtime).astimezone(),
            "figures": figures(home, name),
            "spectrograms": spectrograms(sounds, clips),
            "sounds": heard(sounds, clips, both) if with_sounds else [],
            "style": (EXPLORER / "explorer.css").read_text("utf-8") + (TEMPLATES / "report.css").read_text("utf-8"),
            "left_out": "",
        }
    except NoWarehouseError as error:
        raise UserError(f"{str(error).rstrip('.')}: run `dissect run {name}` first.") from None
    finally:
        sounds.close()
    template = environment(TEMPLATES).get_template("report.html")
    text = template.render(told)
    for what, empty in (("sounds", []), ("spectrograms", {})):
        if len(text.encode()) > LARGEST and told[what]:
            told |= {what: empty, "left_out": f"{told['left_out']} {what}"}
            text = template.render(told)
    return text
