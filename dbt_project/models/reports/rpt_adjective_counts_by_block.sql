-- Which acoustic adjectives the neurons of a block have, as a share of those that have a summary.
with described as (
    select * from {{ ref('int_neurons_described') }}
    where summary is not null
),

blocks as (
    select
        dissection,
        block_index,
        bool_or(class_label is not null) as is_head,
        count(*) as summarised_neurons
    from described
    group by dissection, block_index
),

said as (
    select
        dissection,
        block_index,
        unnest(acoustic_adjectives) as adjective
    from described
),

counted as (
    select
        dissection,
        block_index,
        adjective,
        count(*) as neurons
    from said
    group by dissection, block_index, adjective
)

select
    counted.dissection,
    counted.block_index,
    blocks.is_head,
    counted.adjective,
    counted.neurons,
    blocks.summarised_neurons,
    counted.neurons::double / blocks.summarised_neurons as share_of_block,
    {{ wilson('counted.neurons', 'blocks.summarised_neurons', -1) }} as share_of_block_low,
    {{ wilson('counted.neurons', 'blocks.summarised_neurons', 1) }} as share_of_block_high,
    row_number() over (
        partition by counted.dissection, counted.block_index
        order by counted.neurons desc, counted.adjective asc
    ) as rank_in_block
from counted
inner join blocks on counted.dissection = blocks.dissection and counted.block_index = blocks.block_index
order by counted.dissection, counted.block_index, rank_in_block
