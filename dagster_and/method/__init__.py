"""The method, pure: tensors and tables in, tensors and tables out. No files, no network, no Dagster, no model.

One package a room, in the order in which data moves (docs/naming.md); a room's tables are declared in its
``tables.py``. What several rooms compute alike lies in ``statistics``, ``text``, ``sound`` and ``arrays``.
"""
