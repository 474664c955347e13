select
    dissection,
    clip_id,
    loudness_dbfs,
    pitch_hz,
    brightness_hz,
    tonality,
    events_per_s,
    regularity,
    attack_ms,
    steadiness
from {{ source('dissection', 'clip_acoustics') }}
where {{ is_wanted_dissection() }}
