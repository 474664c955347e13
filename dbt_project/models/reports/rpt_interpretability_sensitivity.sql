-- One run of K-means proves nothing: the share of uninterpretable neurons over seeds, by number of clusters.
with judged as (
    select * from {{ ref('int_interpretability_runs_judged') }}
),

chance as (
    select * from {{ ref('stg_dissection__interpretability_chance') }}
),

runs as (
    select
        dissection,
        threshold,
        clusters,
        seed,
        block_index,
        bool_or(is_head) as is_head,
        count(is_interpretable) as neurons_judged,
        (count(*) filter (where not is_interpretable))::double / nullif(count(is_interpretable), 0)
            as uninterpretable_share
    from judged
    group by dissection, threshold, clusters, seed, block_index
)

select
    runs.dissection,
    runs.threshold,
    runs.clusters,
    runs.block_index,
    bool_or(runs.is_head) as is_head,
    count(*) as runs,
    min(chance.clusters_found) as fewest_clusters_found,
    max(runs.neurons_judged) as neurons_judged,
    avg(runs.uninterpretable_share) as uninterpretable_share_mean,
    min(runs.uninterpretable_share) as uninterpretable_share_least,
    max(runs.uninterpretable_share) as uninterpretable_share_most,
    avg(chance.chance_share) as chance_share_mean
from runs
left join chance
    on
        runs.dissection = chance.dissection and runs.threshold = chance.threshold
        and runs.clusters = chance.clusters and runs.seed = chance.seed
group by runs.dissection, runs.threshold, runs.clusters, runs.block_index
order by runs.dissection, runs.threshold, runs.clusters, runs.block_index
