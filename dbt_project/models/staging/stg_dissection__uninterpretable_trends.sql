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
from {{ source('dissection', 'uninterpretable_trends') }}
where {{ is_wanted_dissection() }}
