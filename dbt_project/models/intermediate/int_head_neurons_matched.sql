{{ config(materialized='table') }}

-- Which head neurons stand for a class that the concept set names: only these can be named right.
with neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
    where class_label is not null
),

concepts as (
    select
        dissection,
        {{ normalised_name('concept') }} as concept_name,
        min(concept_id) as concept_id
    from {{ ref('stg_dissection__concepts') }}
    group by 1, 2
),

matched as (
    select
        neurons.dissection,
        neurons.neuron_id,
        neurons.class_label,
        concepts.concept_id is not null as has_concept
    from neurons
    left join concepts
        on
            neurons.dissection = concepts.dissection
            and {{ normalised_name('neurons.class_label') }} = concepts.concept_name
)

select * from matched
