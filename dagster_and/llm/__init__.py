"""Language models behind an OpenAI-compatible API: prompts in, answers out, every one kept.

A request goes from :mod:`prompts` through :mod:`asking` (attempts, the ceiling of :mod:`ledger`) to :mod:`client`;
what comes back is judged by :mod:`parsing` and kept by :mod:`answers`. :mod:`collecting` gives the table ``answers``.
In batches it goes through :mod:`batching` instead: :mod:`batch_sending`, a server's (:mod:`batch_client`) or a folder's
(:mod:`batch_folder`) files, :mod:`batch_fetching`. What is asked live is in :mod:`claims` meanwhile, what is asked in
batches in :mod:`batch_store`: neither asks what the other holds.
"""
