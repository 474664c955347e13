select
    dissection,
    neuron_id,
    verdict,
    is_described,
    reason,
    description,
    is_description_supported,
    statement,
    held_out_score,
    trust,
    trust_low,
    trust_high,
    trust_missing_reason,
    scorer,
    clips,
    p_value,
    q_value,
    evident_words
from {{ source('dissection', 'neuron_verdicts') }}
where {{ is_wanted_dissection() }}
