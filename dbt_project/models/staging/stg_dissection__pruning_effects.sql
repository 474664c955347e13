select
    dissection,
    strategy,
    size_of,
    concept_id,
    scale,
    measure,
    estimate,
    low,
    high,
    p_value,
    concepts,
    neurons,
    clips,
    note
from {{ source('dissection', 'pruning_effects') }}
where {{ is_wanted_dissection() }}
