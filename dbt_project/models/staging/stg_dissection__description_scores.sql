select
    dissection,
    neuron_id,
    scorer,
    claim,
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
    answer_ids,
    missing_reason
from {{ source('dissection', 'description_scores') }}
where {{ is_wanted_dissection() }}
