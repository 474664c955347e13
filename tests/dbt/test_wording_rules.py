"""The rules of wording stand twice, in Python and in SQL; here they are held together."""

import re

import duckdb

from dagster_and.method.sound.wording import EVENTS_OF_A_RHYTHM, RULES
from dagster_and.warehouse.building import DBT_PROJECT

MACROS = (DBT_PROJECT / "macros" / "wording.sql").read_text()


def body(macro: str) -> str:
    (found,) = re.findall(rf"macro {macro}\(.*?\) -%}}(.*?){{%- endmacro", MACROS, flags=re.DOTALL)
    return found


def test_the_macro_has_the_rules_of_python():
    with duckdb.connect() as connection:
        rows = connection.sql(body("wording_rules")).fetchall()
    assert rows == [(rule.quality, rule.word, rule.low, rule.high) for rule in RULES]
    assert float(body("events_of_a_rhythm")) == EVENTS_OF_A_RHYTHM


def test_chance_of_more_than_half_is_the_binomial_tail():
    sql = body("more_than_half_by_chance").replace("{{ n }}", "n").replace("{{ p }}", "p")
    with duckdb.connect() as connection:
        values = "(values (5, 0.5), (3, 0.1), (2, 0.5), (1, 0.25), (5, 0.0), (5, 1.0)) as t (n, p)"
        found = [round(row[0], 9) for row in connection.sql(f"select {sql} from {values}").fetchall()]
    assert found == [0.5, 0.028, 0.25, 0.25, 0.0, 1.0]
