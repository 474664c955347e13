-- Would other sounds have given the same description? Agreement of the two halves, beside that of different neurons.
with stability as (
    select * from {{ ref('stg_dissection__description_stability') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    stability.dissection,
    neurons.block_index,
    count(*) as neurons,
    count(stability.cosine) as compared_neurons,
    avg(stability.cosine) as cosine_mean,
    avg(stability.cosine) - 1.96 * stddev_samp(stability.cosine) / sqrt(count(stability.cosine)) as cosine_mean_low,
    avg(stability.cosine) + 1.96 * stddev_samp(stability.cosine) / sqrt(count(stability.cosine)) as cosine_mean_high,
    avg(stability.chance_cosine) as chance_cosine_mean,
    avg(stability.word_overlap) as word_overlap_mean,
    avg(stability.chance_word_overlap) as chance_word_overlap_mean
from stability
inner join neurons
    on stability.dissection = neurons.dissection and stability.neuron_id = neurons.neuron_id
group by stability.dissection, neurons.block_index
order by stability.dissection, neurons.block_index
