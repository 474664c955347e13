-- One run of K-means proves nothing: the share of uninterpretable neurons over seeds, by number of clusters.
with runs as (
    select
        *,
        neurons_uninterpretable::double / nullif(neurons, 0) as uninterpretable_share
    from {{ ref('stg_dissection__interpretability_sensitivity') }}
),

blocks as (
    select
        dissection,
        block_index,
        bool_or(is_head) as is_head
    from {{ ref('dim_neurons') }}
    group by dissection, block_index
)

select
    runs.dissection,
    runs.threshold,
    runs.clusters,
    runs.block_index,
    bool_or(blocks.is_head) as is_head,
    count(*) as runs,
    min(runs.clusters_found) as fewest_clusters_found,
    max(runs.neurons) as neurons_judged,
    avg(runs.uninterpretable_share) as uninterpretable_share_mean,
    min(runs.uninterpretable_share) as uninterpretable_share_least,
    max(runs.uninterpretable_share) as uninterpretable_share_most,
    avg(runs.chance_share) as chance_share_mean
from runs
left join blocks on runs.dissection = blocks.dissection and runs.block_index = blocks.block_index
group by runs.dissection, runs.threshold, runs.clusters, runs.block_index
order by runs.dissection, runs.threshold, runs.clusters, runs.block_index
