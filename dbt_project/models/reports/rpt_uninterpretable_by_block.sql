-- Fig 6: neurons none of whose caption clusters is touched by enough of their top clips.
-- Neurons that missing captions leave open are counted apart. Chance: the same share for clips drawn at random.
with judged as (
    select * from {{ ref('fct_neuron_interpretability') }}
),

neurons as (
    select * from {{ ref('dim_neurons') }}
),

expected as (
    select * from {{ ref('stg_dissection__interpretability_chance') }}
    where is_main
),

counted as (
    select
        judged.dissection,
        judged.threshold,
        neurons.block_index,
        bool_or(neurons.is_head) as is_head,
        count(judged.is_interpretable) as neurons_judged,
        count(*) - count(judged.is_interpretable) as neurons_undecided,
        count(*) filter (where not judged.is_interpretable) as neurons_uninterpretable
    from judged
    inner join neurons on judged.dissection = neurons.dissection and judged.neuron_id = neurons.neuron_id
    group by judged.dissection, judged.threshold, neurons.block_index
)

select
    counted.dissection,
    counted.threshold,
    counted.block_index,
    counted.is_head,
    expected.clusters,
    expected.clusters_found,
    counted.neurons_judged,
    counted.neurons_undecided,
    counted.neurons_uninterpretable,
    counted.neurons_uninterpretable::double / nullif(counted.neurons_judged, 0) as uninterpretable_share,
    {{ wilson('counted.neurons_uninterpretable', 'counted.neurons_judged', -1) }} as uninterpretable_share_low,
    {{ wilson('counted.neurons_uninterpretable', 'counted.neurons_judged', 1) }} as uninterpretable_share_high,
    expected.chance_share
from counted
left join expected on counted.dissection = expected.dissection and counted.threshold = expected.threshold
order by counted.dissection, counted.threshold, counted.block_index
