-- Would other sounds have said the same? How far the forms of the parts agree, and the descriptions of the two halves,
-- the latter beside those of different neurons.
with stability as (
    select * from {{ ref('stg_dissection__description_stability') }}
),

labels as (
    select * from {{ ref('stg_dissection__neuron_labels') }}
    where mode = 1
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
),

joined as (
    select
        stability.*,
        neurons.block_index,
        neurons.class_label is not null as is_of_head,
        labels.label,
        case when labels.label is not null then labels.part_agreement end as agreement,
        case when labels.label is null then labels.part_agreement end as unlabelled_agreement
    from stability
    inner join neurons
        on stability.dissection = neurons.dissection and stability.neuron_id = neurons.neuron_id
    left join labels
        on stability.dissection = labels.dissection and stability.neuron_id = labels.neuron_id
)

select
    dissection,
    block_index,
    bool_or(is_of_head) as is_head,
    count(*) as neurons,
    count(label) as labelled_neurons,
    avg(agreement) as label_agreement_mean,
    avg(agreement) - 1.96 * stddev_samp(agreement) / sqrt(count(agreement)) as label_agreement_mean_low,
    avg(agreement) + 1.96 * stddev_samp(agreement) / sqrt(count(agreement)) as label_agreement_mean_high,
    avg(unlabelled_agreement) as unlabelled_agreement_mean,
    count(cosine) as compared_neurons,
    avg(cosine) as cosine_mean,
    avg(cosine) - 1.96 * stddev_samp(cosine) / sqrt(count(cosine)) as cosine_mean_low,
    avg(cosine) + 1.96 * stddev_samp(cosine) / sqrt(count(cosine)) as cosine_mean_high,
    avg(chance_cosine) as chance_cosine_mean,
    avg(word_overlap) as word_overlap_mean,
    avg(chance_word_overlap) as chance_word_overlap_mean
from joined
group by dissection, block_index
order by dissection, block_index
