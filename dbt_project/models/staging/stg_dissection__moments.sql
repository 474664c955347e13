select
    dissection,
    neuron_id,
    direction,
    rank,
    moment_start_s,
    moment_end_s,
    profile,
    profile_start_s,
    profile_end_s
from {{ source('dissection', 'moments') }}
where {{ is_wanted_dissection() }}
