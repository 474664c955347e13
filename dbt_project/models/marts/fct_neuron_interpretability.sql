with judged as (
    select * from {{ ref('stg_dissection__interpretability') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    judged.dissection,
    judged.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    judged.threshold,
    judged.top_clips,
    judged.captioned_clips,
    judged.best_cluster,
    judged.clips_in_best_cluster,
    judged.is_interpretable
from judged
left join neurons on judged.dissection = neurons.dissection and judged.neuron_id = neurons.neuron_id
