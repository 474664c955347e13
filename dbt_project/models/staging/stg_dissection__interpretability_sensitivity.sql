select
    dissection,
    clusters,
    seed,
    threshold,
    block_index,
    is_main,
    clusters_found,
    neurons,
    neurons_undecided,
    neurons_uninterpretable,
    chance_share
from {{ source('dissection', 'interpretability_sensitivity') }}
where {{ is_wanted_dissection() }}
