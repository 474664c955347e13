with effects as (
    select * from {{ ref('stg_dissection__pruning_effects') }}
),

concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
)

select
    effects.dissection,
    effects.strategy,
    effects.size_of,
    effects.concept_id,
    concepts.concept,
    effects.scale,
    effects.measure,
    effects.estimate,
    effects.low,
    effects.high,
    effects.p_value,
    effects.concepts,
    effects.neurons,
    effects.clips,
    effects.note
from effects
left join concepts on effects.dissection = concepts.dissection and effects.concept_id = concepts.concept_id
