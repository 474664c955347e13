with judged as (
    select * from {{ ref('stg_dissection__interpretability') }}
)

select
    dissection,
    neuron_id,
    threshold,
    top_clips,
    captioned_clips,
    best_cluster,
    clips_in_best_cluster,
    is_interpretable
from judged
