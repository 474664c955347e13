select
    dissection,
    strategy,
    size_of,
    concept_id,
    seed,
    neurons,
    eligible_neurons,
    note
from {{ source('dissection', 'prunings') }}
where {{ is_wanted_dissection() }}
