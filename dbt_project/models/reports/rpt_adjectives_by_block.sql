-- Figure 5's data: acoustic adjectives per neuron in each block, over the neurons that have a summary. A neuron of
-- whose summary calibration left nothing counts with none; the head stands for classes and is left out.
with described as (
    select * from {{ ref('int_neurons_described') }}
    where summary is not null and class_label is null
),

by_block as (
    select
        dissection,
        block_index,
        count(*) as neurons,
        sum(count_acoustic_adjectives)::bigint as acoustic_adjectives,
        avg(count_acoustic_adjectives) as mean_adjectives,
        1.96 * stddev_samp(count_acoustic_adjectives) / sqrt(count(*)) as half_width
    from described
    group by dissection, block_index
)

select
    dissection,
    block_index,
    neurons,
    acoustic_adjectives,
    mean_adjectives,
    mean_adjectives - half_width as mean_adjectives_low,
    mean_adjectives + half_width as mean_adjectives_high
from by_block
order by dissection, block_index
