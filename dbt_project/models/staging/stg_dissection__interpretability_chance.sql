select
    dissection,
    clusters,
    seed,
    threshold,
    is_main,
    clusters_found,
    chance_share
from {{ source('dissection', 'interpretability_chance') }}
where {{ is_wanted_dissection() }}
