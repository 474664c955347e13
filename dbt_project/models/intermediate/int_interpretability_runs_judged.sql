-- The rule of the table interpretability on every run of K-means; on the main one a test holds the two together.
with runs as (
    select * from {{ ref('stg_dissection__interpretability_runs') }}
),

judged as (
    select * from {{ ref('stg_dissection__interpretability') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    runs.dissection,
    runs.clusters,
    runs.seed,
    judged.threshold,
    runs.neuron_id,
    neurons.block_index,
    neurons.class_label is not null as is_head,
    case
        when runs.clips_in_best_cluster >= judged.threshold then true
        when runs.clips_in_best_cluster + judged.top_clips - judged.captioned_clips < judged.threshold then false
    end as is_interpretable
from runs
inner join judged on runs.dissection = judged.dissection and runs.neuron_id = judged.neuron_id
inner join neurons on runs.dissection = neurons.dissection and runs.neuron_id = neurons.neuron_id
