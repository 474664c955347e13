-- The points of Fig 5, over the neurons that have a summary.
with counted as (
    select * from {{ ref('int_adjectives_counted') }}
    where words is not null
)

select
    dissection,
    adjectives,
    block_index,
    bool_or(is_head) as is_head,
    count(*) as neurons,
    sum(words)::bigint as adjectives_total,
    avg(words) as adjectives_mean,
    avg(words) - {{ mean_reach('words') }} as adjectives_mean_low,
    avg(words) + {{ mean_reach('words') }} as adjectives_mean_high
from counted
group by dissection, adjectives, block_index
order by dissection, adjectives, block_index
