-- Every description's scores on held-out clips, beside those of another neuron's description.
with scores as (
    select * from {{ ref('stg_dissection__description_scores') }}
)

select
    dissection,
    neuron_id,
    scorer,
    description,
    clips,
    high_clips,
    score,
    score_low,
    score_high,
    score_against_lowest,
    nearest_precision,
    rank_correlation,
    p_value,
    shuffled_score,
    answer_id,
    missing_reason
from scores
