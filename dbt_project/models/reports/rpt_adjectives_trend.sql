-- The straight lines of Fig 5.
select
    dissection,
    adjectives,
    neurons,
    blocks,
    slope,
    slope_low,
    slope_high,
    intercept,
    p_value,
    missing_reason
from {{ ref('stg_dissection__adjectives_trends') }}
order by dissection, adjectives
