select
    dissection,
    neuron_id,
    direction,
    summary,
    describer,
    answer_id,
    missing_reason
from {{ source('dissection', 'summaries') }}
where {{ is_wanted_dissection() }}
