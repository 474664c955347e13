-- K clips in each direction, the same K for a whole dissection, ranks without a gap.
with rankings as (
    select
        dissection,
        neuron_id,
        direction,
        count(*) as clips,
        max(rank) as last_rank
    from {{ ref('fct_top_clips') }}
    group by dissection, neuron_id, direction
),

settings as (
    select
        dissection,
        direction,
        max(rank) as k
    from {{ ref('fct_top_clips') }}
    group by dissection, direction
),

expected as (
    select
        neurons.dissection,
        neurons.neuron_id,
        settings.direction,
        max(settings.k) over (partition by neurons.dissection) as k
    from {{ ref('dim_neurons') }} as neurons
    inner join settings on neurons.dissection = settings.dissection
)

select expected.*
from expected
left join rankings
    on
        expected.dissection = rankings.dissection
        and expected.neuron_id = rankings.neuron_id
        and expected.direction = rankings.direction
where rankings.clips is distinct from expected.k or rankings.last_rank is distinct from expected.k
