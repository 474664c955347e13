-- Table 4: what each strategy makes the network forget and keep, over all concepts that it could be measured on.
with effects as (
    select * from {{ ref('fct_pruning_effects') }}
    where concept_id is null
),

heard as (
    select
        dissection,
        label,
        count(distinct clip_id) as clips
    from {{ ref('fct_pruning_outcomes') }}
    group by dissection, label
),

chances as (
    select
        dissection,
        max(clips)::double / sum(clips) as chance_accuracy
    from heard
    group by dissection
)

select
    effects.dissection,
    effects.strategy,
    effects.size_of,
    effects.scale,
    effects.strategy in ('none', 'all', 'body') as is_control,
    max(effects.concepts) as concepts,
    max(effects.neurons) as neurons,
    max(effects.clips) as clips,
    {{ effect('ablated_before') }} as ablated_before,
    {{ effect('ablated_after') }} as ablated_after,
    {{ effect('ablated_after', 'low') }} as ablated_after_low,
    {{ effect('ablated_after', 'high') }} as ablated_after_high,
    {{ effect('retained_before') }} as retained_before,
    {{ effect('retained_after') }} as retained_after,
    {{ effect('retained_after', 'low') }} as retained_after_low,
    {{ effect('retained_after', 'high') }} as retained_after_high,
    {{ effect('delta_ablated') }} as delta_ablated,
    {{ effect('delta_ablated', 'low') }} as delta_ablated_low,
    {{ effect('delta_ablated', 'high') }} as delta_ablated_high,
    {{ effect('delta_retained') }} as delta_retained,
    {{ effect('delta_retained', 'low') }} as delta_retained_low,
    {{ effect('delta_retained', 'high') }} as delta_retained_high,
    {{ effect('gap') }} as gap,
    {{ effect('gap', 'low') }} as gap_low,
    {{ effect('gap', 'high') }} as gap_high,
    {{ effect('gap_over_random') }} as gap_over_random,
    {{ effect('gap_over_random', 'low') }} as gap_over_random_low,
    {{ effect('gap_over_random', 'high') }} as gap_over_random_high,
    max(effects.p_value) as p_value,
    case when effects.scale = 'accuracy' then max(chances.chance_accuracy) end as chance_accuracy,
    max(effects.note) filter (where effects.measure = 'gap') as note
from effects
left join chances on effects.dissection = chances.dissection
group by effects.dissection, effects.strategy, effects.size_of, effects.scale
order by effects.dissection, effects.scale, is_control, effects.size_of, effects.strategy = 'random', effects.strategy
