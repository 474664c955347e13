-- What is said of every neuron, scored on clips that did not make it, beside what is said of another neuron.
with scores as (
    select * from {{ ref('stg_dissection__description_scores') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    scores.dissection,
    scores.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    scores.scorer,
    scores.claim,
    scores.clips,
    scores.high_clips,
    scores.score,
    scores.score_low,
    scores.score_high,
    scores.score_against_lowest,
    scores.nearest_precision,
    scores.rank_correlation,
    scores.p_value,
    scores.shuffled_score,
    scores.answer_ids,
    scores.missing_reason
from scores
left join neurons on scores.dissection = neurons.dissection and scores.neuron_id = neurons.neuron_id
