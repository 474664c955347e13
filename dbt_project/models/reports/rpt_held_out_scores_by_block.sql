-- How true is what is said of clips that did not make it? Labels first, then descriptions; beside these, the same with
-- another neuron's description.
with labels as (
    select
        dissection,
        neuron_id,
        'form' as scorer,
        1 as scorer_order,
        auroc as score,
        null::double as shuffled_score,
        label is not null as is_supported
    from {{ ref('fct_neuron_labels') }}
    where mode = 1
),

verdicts as (
    select * from {{ ref('fct_neuron_verdicts') }}
),

described as (
    select
        scores.dissection,
        scores.neuron_id,
        scores.scorer,
        case scores.scorer when 'detection' then 2 when 'words' then 3 else 4 end as scorer_order,
        scores.score,
        scores.shuffled_score,
        case when scores.scorer != 'detection' then coalesce(verdicts.is_description_supported, false) end
            as is_supported
    from {{ ref('fct_description_scores') }} as scores
    inner join verdicts on scores.dissection = verdicts.dissection and scores.neuron_id = verdicts.neuron_id
),

scores as (
    select * from labels
    union all
    select * from described
)

select
    scores.dissection,
    verdicts.block_index,
    bool_or(verdicts.class_label is not null) as is_head,
    scores.scorer,
    scores.scorer_order,
    count(*) as neurons,
    count(scores.score) as scored_neurons,
    avg(scores.score) as score_mean,
    avg(scores.score) - 1.96 * stddev_samp(scores.score) / sqrt(count(scores.score)) as score_mean_low,
    avg(scores.score) + 1.96 * stddev_samp(scores.score) / sqrt(count(scores.score)) as score_mean_high,
    quantile_cont(scores.score, 0.25) as score_quartile_1,
    quantile_cont(scores.score, 0.5) as score_median,
    quantile_cont(scores.score, 0.75) as score_quartile_3,
    avg(scores.shuffled_score) as shuffled_mean,
    quantile_cont(scores.shuffled_score, 0.25) as shuffled_quartile_1,
    quantile_cont(scores.shuffled_score, 0.5) as shuffled_median,
    quantile_cont(scores.shuffled_score, 0.75) as shuffled_quartile_3,
    (count(*) filter (where scores.is_supported))::double / nullif(count(scores.is_supported), 0) as supported_share,
    (count(*) filter (where verdicts.is_described))::double / count(*) as stated_share
from scores
inner join verdicts on scores.dissection = verdicts.dissection and scores.neuron_id = verdicts.neuron_id
group by scores.dissection, verdicts.block_index, scores.scorer, scores.scorer_order
order by scores.dissection, verdicts.block_index, scores.scorer_order
