select
    dissection,
    strategy,
    size_of,
    concept_id,
    seed,
    clip_id,
    concept_logit_before,
    concept_logit_after,
    concept_probability_before,
    concept_probability_after,
    own_logit_before,
    own_logit_after,
    own_probability_before,
    own_probability_after,
    predicted_before,
    predicted_after
from {{ source('dissection', 'pruning_outcomes') }}
where {{ is_wanted_dissection() }}
