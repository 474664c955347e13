select
    dissection,
    neuron_id,
    threshold,
    top_clips,
    captioned_clips,
    best_cluster,
    clips_in_best_cluster,
    is_interpretable
from {{ source('dissection', 'interpretability') }}
where {{ is_wanted_dissection() }}
