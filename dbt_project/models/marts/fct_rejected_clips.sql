with rejected as (
    select * from {{ ref('stg_dissection__rejected_clips') }}
)

select
    dissection,
    path,
    reason,
    detail
from rejected
