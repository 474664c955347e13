select
    dissection,
    atom_id,
    atom,
    kind,
    quality,
    unit,
    low,
    high,
    clips,
    known_clips,
    clip_ids
from {{ source('dissection', 'atoms') }}
where {{ is_wanted_dissection() }}
