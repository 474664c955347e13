"""Tables in Markdown, which Dagster's page and cards show."""

import polars as pl
import pytest

from dagster_and.exports.markdown import markdown


@pytest.mark.parametrize(
    ("said", "written"),
    [("<script>", "&lt;script>"), ("![x](http://a)", "!\\[x](http://a)"), ("a|b", "a\\|b"), ("a\nb", "a b"),
     ("`id`", "\\`id\\`"), ("&lt;", "&amp;lt;"), ("rain", "rain")],
)  # fmt: skip
def test_what_a_data_set_says_is_no_markup(said: str, written: str):
    assert markdown(pl.DataFrame({"label": [said]})).splitlines()[-1] == f"| {written} |"
