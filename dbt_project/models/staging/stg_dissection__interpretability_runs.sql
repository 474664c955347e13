select
    dissection,
    clusters,
    seed,
    neuron_id,
    clips_in_best_cluster
from {{ source('dissection', 'interpretability_runs') }}
where {{ is_wanted_dissection() }}
