-- How every neuron is described from either half of the clips: what description_scores puts to the other half.
with halves as (
    select * from {{ ref('stg_dissection__half_descriptions') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    halves.dissection,
    halves.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    halves.half,
    halves.clips,
    halves.summary,
    halves.lowest_summary,
    halves.description,
    halves.describer,
    halves.answer_ids,
    halves.missing_reason
from halves
left join neurons on halves.dissection = neurons.dissection and halves.neuron_id = neurons.neuron_id
