with source as (
    select * from {{ source('dissection', 'rejected_clips') }}
    where {{ is_wanted_dissection() }}
),

renamed as (
    select
        dissection,
        path,
        reason,
        detail
    from source
)

select * from renamed
