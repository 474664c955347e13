-- The straight lines of Fig 6.
select
    dissection,
    threshold,
    neurons,
    blocks,
    slope,
    slope_low,
    slope_high,
    intercept,
    p_value,
    missing_reason
from {{ ref('stg_dissection__uninterpretable_trends') }}
order by dissection, threshold
