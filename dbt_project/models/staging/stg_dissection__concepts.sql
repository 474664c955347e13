with source as (
    select * from {{ source('dissection', 'concepts') }}
    where {{ is_wanted_dissection() }}
),

renamed as (
    select
        dissection,
        concept_id,
        concept,
        label
    from source
)

select * from renamed
