-- Every description's scores on held-out clips, beside those of another neuron's description.
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
    scores.description,
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
    scores.answer_id,
    scores.missing_reason
from scores
left join neurons on scores.dissection = neurons.dissection and scores.neuron_id = neurons.neuron_id
