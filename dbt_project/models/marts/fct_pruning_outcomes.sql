with outcomes as (
    select * from {{ ref('stg_dissection__pruning_outcomes') }}
),

concepts as (
    select
        *,
        {{ normalised_name('concept') }} as concept_name
    from {{ ref('stg_dissection__concepts') }}
),

clips as (
    select
        *,
        {{ normalised_name('label') }} as label_name
    from {{ ref('stg_dissection__probing_clips') }}
)

select
    outcomes.dissection,
    outcomes.strategy,
    outcomes.size_of,
    outcomes.concept_id,
    concepts.concept,
    outcomes.seed,
    outcomes.clip_id,
    clips.filename,
    clips.label,
    clips.label_name = concepts.concept_name as is_of_the_concept,
    outcomes.concept_logit_before,
    outcomes.concept_logit_after,
    outcomes.concept_probability_before,
    outcomes.concept_probability_after,
    outcomes.own_logit_before,
    outcomes.own_logit_after,
    outcomes.own_probability_before,
    outcomes.own_probability_after,
    outcomes.predicted_before,
    outcomes.predicted_after,
    outcomes.predicted_before = clips.label as is_correct_before,
    outcomes.predicted_after = clips.label as is_correct_after
from outcomes
left join concepts on outcomes.dissection = concepts.dissection and outcomes.concept_id = concepts.concept_id
left join clips on outcomes.dissection = clips.dissection and outcomes.clip_id = clips.clip_id
