select
    dissection,
    path,
    reason,
    detail
from {{ source('dissection', 'rejected_clips') }}
where {{ is_wanted_dissection() }}
