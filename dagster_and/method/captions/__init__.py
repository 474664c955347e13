"""Room ``captions``: every clip in words.

In: ``probing_clips``. Out: ``clip_acoustics`` (one row per clip, measured by :mod:`..sound.acoustics`),
``clip_captions`` (one row per clip, by the seam ``dagster_and/captioners``).
"""
