with prunings as (
    select * from {{ ref('stg_dissection__prunings') }}
),

concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
)

select
    prunings.dissection,
    prunings.strategy,
    prunings.size_of,
    prunings.concept_id,
    concepts.concept,
    prunings.seed,
    prunings.strategy in ('none', 'all', 'body') as is_control,
    prunings.neurons,
    prunings.eligible_neurons,
    prunings.note
from prunings
left join concepts on prunings.dissection = concepts.dissection and prunings.concept_id = concepts.concept_id
