-- The rule of interpretable neurons stands in Python and in SQL; on the main run of K-means the two must agree.
with runs as (
    select * from {{ ref('int_interpretability_runs_judged') }}
),

main_runs as (
    select * from {{ ref('stg_dissection__interpretability_chance') }}
    where is_main
)

select
    runs.dissection,
    runs.neuron_id,
    runs.threshold
from runs
inner join main_runs
    on
        runs.dissection = main_runs.dissection and runs.threshold = main_runs.threshold
        and runs.clusters = main_runs.clusters and runs.seed = main_runs.seed
inner join {{ ref('fct_neuron_interpretability') }} as judged
    on
        runs.dissection = judged.dissection and runs.threshold = judged.threshold
        and runs.neuron_id = judged.neuron_id
where runs.is_interpretable is distinct from judged.is_interpretable
