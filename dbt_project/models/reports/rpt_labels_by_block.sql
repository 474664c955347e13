-- How many neurons follow something that a short form says, how closely, and how selective they are, block by block.
with labels as (
    select * from {{ ref('fct_neuron_labels') }}
),

dissections as (
    select * from {{ ref('dim_dissections') }}
),

second as (
    select
        dissection,
        neuron_id
    from labels
    where mode = 2
),

neurons as (
    select
        labels.*,
        second.neuron_id is not null as has_second_label,
        labels.effective_clips / dissections.clips as share_of_clips
    from labels
    inner join dissections on labels.dissection = dissections.dissection
    left join second on labels.dissection = second.dissection and labels.neuron_id = second.neuron_id
    where labels.mode = 1
),

counted as (
    select
        dissection,
        block_index,
        bool_or(class_label is not null) as is_head,
        count(*) as neurons,
        count(*) filter (where verdict = 'labelled') as labelled_neurons,
        count(*) filter (where verdict = 'no_label') as unlabelled_neurons,
        count(*) filter (where verdict = 'dead') as dead_neurons,
        count(*) filter (where has_second_label) as twice_labelled_neurons,
        median(auroc) filter (where verdict = 'labelled') as auroc_median,
        median(accounts_for) filter (where verdict = 'labelled') as accounts_for_median,
        median(effective_clips) as effective_clips_median,
        median(share_of_clips) as share_of_clips_median
    from neurons
    group by dissection, block_index
)

select
    dissection,
    block_index,
    is_head,
    neurons,
    labelled_neurons,
    unlabelled_neurons,
    dead_neurons,
    twice_labelled_neurons,
    labelled_neurons::double / neurons as share_labelled,
    {{ wilson('labelled_neurons', 'neurons', -1) }} as share_labelled_low,
    {{ wilson('labelled_neurons', 'neurons', 1) }} as share_labelled_high,
    auroc_median,
    accounts_for_median,
    effective_clips_median,
    share_of_clips_median
from counted
order by dissection, block_index
