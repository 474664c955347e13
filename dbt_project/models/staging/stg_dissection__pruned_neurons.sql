select
    dissection,
    strategy,
    size_of,
    concept_id,
    seed,
    neuron_id,
    reason,
    score
from {{ source('dissection', 'pruned_neurons') }}
where {{ is_wanted_dissection() }}
