select
    dissection,
    neuron_id,
    direction,
    rank,
    heard_start_s,
    heard_end_s,
    caption,
    captioner,
    answer_id,
    missing_reason
from {{ source('dissection', 'moment_captions') }}
where {{ is_wanted_dissection() }}
