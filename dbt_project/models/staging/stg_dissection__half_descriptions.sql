select
    dissection,
    neuron_id,
    half,
    clips,
    summary,
    lowest_summary,
    description,
    describer,
    answer_ids,
    missing_reason
from {{ source('dissection', 'half_descriptions') }}
where {{ is_wanted_dissection() }}
