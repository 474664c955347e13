select
    dissection,
    neuron_id,
    rank,
    concept_id,
    answered,
    is_snapped,
    describer,
    answer_id,
    missing_reason
from {{ source('dissection', 'concept_choices') }}
where {{ is_wanted_dissection() }}
