with source as (
    select * from {{ source('dissection', 'concept_predictions') }}
    where {{ is_wanted_dissection() }}
),

renamed as (
    select
        dissection,
        neuron_id,
        method,
        similarity,
        rank,
        concept_id,
        score
    from source
)

select * from renamed
