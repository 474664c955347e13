select
    dissection,
    neuron_id,
    method,
    similarity,
    rank,
    concept_id,
    score
from {{ source('dissection', 'concept_predictions') }}
where {{ is_wanted_dissection() }}
