-- The control `none` cuts nothing, so every logit is the same bit for bit, and Delta A and Delta R are zero.
select
    dissection,
    concept_id,
    clip_id
from {{ ref('fct_pruning_outcomes') }}
where
    strategy = 'none'
    and (
        own_logit_after != own_logit_before
        or concept_logit_after != concept_logit_before
        or predicted_after != predicted_before
    )
