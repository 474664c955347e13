-- The points of Fig 5.
select
    dissection,
    adjectives,
    block_index,
    is_head,
    neurons,
    adjectives_mean,
    adjectives_mean_low,
    adjectives_mean_high
from {{ ref('stg_dissection__adjectives_by_block') }}
order by dissection, adjectives, block_index
