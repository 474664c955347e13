"""The reference: pages made from the code, so that nobody has to keep them."""

from collections.abc import Callable

from manual.reference.checks import checks_page
from manual.reference.commands import commands_page
from manual.reference.dissection_file import dissection_file
from manual.reference.python import interface_page, method_page
from manual.reference.tables import tables_page
from manual.reference.warehouse import marts_page, reports_page

PAGES: dict[str, Callable[[], str]] = {
    "reference/dissection-file.md": dissection_file,
    "reference/commands.md": commands_page,
    "reference/tables.md": tables_page,
    "reference/marts.md": marts_page,
    "reference/reports.md": reports_page,
    "reference/checks.md": checks_page,
    "reference/python.md": interface_page,
    "reference/method.md": method_page,
}
"""What makes each page, by its place below ``docs/``."""
