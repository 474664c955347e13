-- What the neurons of each block follow: the top concept by cosine cubed, counted.
with neurons as (
    select * from {{ ref('dim_neurons') }}
    where top_concept is not null
),

counted as (
    select
        dissection,
        block_index,
        top_concept as concept,
        count(*) as neurons
    from neurons
    group by dissection, block_index, top_concept
)

select
    dissection,
    block_index,
    concept,
    neurons,
    neurons::double / sum(neurons) over (partition by dissection, block_index) as share_of_block,
    row_number() over (partition by dissection, block_index order by neurons desc, concept asc) as rank_in_block
from counted
order by dissection, block_index, rank_in_block
