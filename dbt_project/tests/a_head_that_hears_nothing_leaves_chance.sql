-- The control `body`: a head that hears zeros has its bias to say, so it says the same of every clip (but for the last
-- bits of a mean over tokens), and is right about one class at most. Whatever concept is measured, this one is with it.
with outcomes as (
    select
        *,
        strategy = 'body' as is_body
    from {{ ref('fct_pruning_outcomes') }}
),

chances as (
    select
        dissection,
        max(chance_accuracy) as chance_accuracy
    from {{ ref('rpt_unlearning') }}
    group by dissection
)

select
    outcomes.dissection,
    outcomes.concept_id,
    count(distinct outcomes.predicted_after) filter (where outcomes.is_body) as classes_predicted,
    avg(outcomes.is_correct_after::integer) filter (where outcomes.is_body) as accuracy,
    max(outcomes.concept_logit_after) filter (where outcomes.is_body) as highest_logit,
    min(outcomes.concept_logit_after) filter (where outcomes.is_body) as lowest_logit
from outcomes
inner join chances on outcomes.dissection = chances.dissection
group by outcomes.dissection, outcomes.concept_id, chances.chance_accuracy
having
    classes_predicted != 1
    or accuracy > chances.chance_accuracy + 1e-9
    or highest_logit - lowest_logit > 1e-6 * greatest(1, abs(highest_logit))
