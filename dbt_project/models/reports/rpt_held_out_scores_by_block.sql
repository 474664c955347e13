-- How true are descriptions of clips that did not make them? Beside it, the same with another neuron's description.
with scores as (
    select * from {{ ref('fct_description_scores') }}
),

verdicts as (
    select * from {{ ref('fct_neuron_verdicts') }}
)

select
    scores.dissection,
    verdicts.block_index,
    scores.scorer,
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
    (count(*) filter (where verdicts.is_description_supported))::double / count(*) as described_share,
    (count(*) filter (where verdicts.is_described))::double / count(*) as stated_share
from scores
inner join verdicts on scores.dissection = verdicts.dissection and scores.neuron_id = verdicts.neuron_id
group by scores.dissection, verdicts.block_index, scores.scorer
order by scores.dissection, verdicts.block_index, scores.scorer
