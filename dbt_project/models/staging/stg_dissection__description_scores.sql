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
from {{ source('dissection', 'description_scores') }}
where {{ is_wanted_dissection() }}
