-- Every file of the probing set that was read or named: the clips that came of it, and what could not be used.
with clips as (
    select * from {{ ref('stg_dissection__probing_clips') }}
),

rejected as (
    select * from {{ ref('stg_dissection__rejected_clips') }}
)

select
    dissection,
    filename,
    true as is_used,
    clip_id,
    label,
    null as reason,
    null as detail
from clips
union all
select
    dissection,
    path as filename,
    false as is_used,
    null as clip_id,
    null as label, -- noqa: RF04
    reason,
    detail
from rejected
