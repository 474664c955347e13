select
    dissection,
    neuron_id,
    method,
    similarity,
    rank,
    concept_id,
    concept_clips,
    auroc,
    auroc_low,
    auroc_high,
    p_value,
    q_value,
    is_significant,
    missing_reason
from {{ source('dissection', 'concept_significance') }}
where {{ is_wanted_dissection() }}
