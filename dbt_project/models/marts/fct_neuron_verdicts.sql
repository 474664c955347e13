-- The verdict on each neuron with where it stands in the network: sort by trust, filter by is_described.
with verdicts as (
    select * from {{ ref('stg_dissection__neuron_verdicts') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    verdicts.dissection,
    verdicts.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.neuron_index,
    neurons.class_label,
    verdicts.verdict,
    verdicts.is_described,
    verdicts.reason,
    verdicts.description,
    verdicts.is_description_supported,
    verdicts.statement,
    verdicts.held_out_score,
    verdicts.trust,
    verdicts.trust_low,
    verdicts.trust_high,
    verdicts.trust_missing_reason,
    verdicts.scorer,
    verdicts.clips,
    verdicts.p_value,
    verdicts.q_value,
    verdicts.evident_words
from verdicts
inner join neurons
    on verdicts.dissection = neurons.dissection and verdicts.neuron_id = neurons.neuron_id
