-- Two dissections side by side, layer by layer and (for the head) class by class. The interval is what the difference
-- would vary by if other neurons of the same kind had been drawn: a difference whose interval holds 0 may be chance.
with verdicts as (
    select * from {{ of_all_dissections(ref('fct_neuron_verdicts')) }}
),

labels as (
    select
        dissection,
        neuron_id,
        auroc,
        part_agreement
    from {{ of_all_dissections(ref('fct_neuron_labels')) }}
    where mode = 1
),

named as (
    select
        dissection,
        neuron_id,
        is_correct
    from {{ of_all_dissections(ref('fct_concept_predictions')) }}
    where method = 'DB' and similarity = 'cosine_cubed' and rank = 1
),

neurons as (
    select
        verdicts.dissection,
        verdicts.block_index,
        verdicts.sublayer,
        verdicts.class_label,
        labels.auroc as label_auroc,
        labels.part_agreement as label_agreement,
        verdicts.held_out_score as description_score,
        (verdicts.verdict = 'labelled')::integer as is_labelled,
        verdicts.is_described::integer as is_described,
        (verdicts.verdict = 'dead')::integer as is_dead,
        named.is_correct::integer as is_correct
    from verdicts
    left join labels on verdicts.dissection = labels.dissection and verdicts.neuron_id = labels.neuron_id
    left join named on verdicts.dissection = named.dissection and verdicts.neuron_id = named.neuron_id
),

grouped as (
    select
        dissection,
        'layer' as scope,
        'block ' || block_index || ' ' || sublayer as part,
        label_auroc,
        label_agreement,
        description_score,
        is_labelled,
        is_described,
        is_dead,
        is_correct
    from neurons
    union all
    select
        dissection,
        'class' as scope,
        class_label as part,
        label_auroc,
        label_agreement,
        description_score,
        is_labelled,
        is_described,
        is_dead,
        is_correct
    from neurons
    where class_label is not null
),

measures as (
    select listed.measure
    from (
        values
        ('label_auroc'), ('label_agreement'), ('labelled_share'), ('stated_share'), ('description_score'),
        ('dead_share'), ('named_right_share')
    ) as listed (measure)
),

measured as (
    select
        grouped.dissection,
        grouped.scope,
        grouped.part,
        measures.measure,
        case measures.measure
            when 'label_auroc' then grouped.label_auroc
            when 'label_agreement' then grouped.label_agreement
            when 'description_score' then grouped.description_score
            when 'labelled_share' then grouped.is_labelled::double
            when 'stated_share' then grouped.is_described::double
            when 'dead_share' then grouped.is_dead::double
            when 'named_right_share' then grouped.is_correct::double
        end as measurement
    from grouped
    cross join measures
),

summed as (
    select
        dissection,
        scope,
        part,
        measure,
        count(*) as neurons,
        avg(measurement) as mean,
        var_samp(measurement) / count(*) as error
    from measured
    where measurement is not null
    group by dissection, scope, part, measure
)

select
    one.dissection as dissection_a,
    other.dissection as dissection_b,
    one.scope,
    one.part,
    one.measure,
    one.neurons as neurons_a,
    other.neurons as neurons_b,
    round(one.mean, 12) as value_a,
    round(other.mean, 12) as value_b,
    round(other.mean - one.mean, 12) as difference,
    round(other.mean - one.mean - 1.96 * sqrt(one.error + other.error), 12) as difference_low,
    round(other.mean - one.mean + 1.96 * sqrt(one.error + other.error), 12) as difference_high
from summed as one
inner join summed as other
    on
        one.scope = other.scope and one.part = other.part and one.measure = other.measure
        and one.dissection < other.dissection
order by dissection_a, dissection_b, one.scope, one.part, one.measure
