with summaries as (
    select * from {{ ref('stg_dissection__summaries') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    summaries.dissection,
    summaries.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    summaries.direction,
    summaries.summary,
    summaries.describer,
    summaries.answer_id,
    summaries.missing_reason
from summaries
left join neurons on summaries.dissection = neurons.dissection and summaries.neuron_id = neurons.neuron_id
