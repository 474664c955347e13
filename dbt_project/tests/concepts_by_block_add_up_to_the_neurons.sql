-- Over its concepts a block counts each of its neurons once.
with counted as (
    select
        dissection,
        block_index,
        sum(neurons) as neurons
    from {{ ref('rpt_concepts_by_block') }}
    group by dissection, block_index
),

expected as (
    select
        dissection,
        block_index,
        count(*) as neurons
    from {{ ref('dim_neurons') }}
    where top_concept is not null
    group by dissection, block_index
)

select
    expected.dissection,
    expected.block_index,
    expected.neurons as neurons_of_the_block,
    counted.neurons as neurons_counted
from expected
full outer join counted
    on expected.dissection = counted.dissection and expected.block_index = counted.block_index
where expected.neurons is distinct from counted.neurons
