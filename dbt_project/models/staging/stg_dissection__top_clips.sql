select
    dissection,
    neuron_id,
    direction,
    rank,
    clip_id,
    activation
from {{ source('dissection', 'top_clips') }}
where {{ is_wanted_dissection() }}
