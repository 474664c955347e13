"""Room ``answers``: what a language model was asked, and what it said.

In: every table with a column ``answer_id``. Out: ``answers`` (one row per answer). Collecting them is done by
``dagster_and/llm``.
"""
