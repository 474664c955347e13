select
    dissection,
    adjectives,
    block_index,
    is_head,
    neurons,
    mean as adjectives_mean,
    mean_low as adjectives_mean_low,
    mean_high as adjectives_mean_high
from {{ source('dissection', 'adjectives_by_block') }}
where {{ is_wanted_dissection() }}
