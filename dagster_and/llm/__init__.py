"""Language models behind an OpenAI-compatible API: prompts in, answers out, every one kept.

A request goes from :mod:`prompts` through :mod:`asking` (attempts, the ceiling of :mod:`ledger`) to :mod:`client`;
what comes back is judged by :mod:`parsing` and kept by :mod:`answers`. :mod:`collecting` gives the table ``answers``.
"""
