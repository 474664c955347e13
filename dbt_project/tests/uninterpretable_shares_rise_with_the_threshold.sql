-- Asking for more clips of one cluster never makes a neuron more interpretable.
with ordered as (
    select
        dissection,
        neuron_id,
        threshold,
        is_interpretable,
        lag(is_interpretable) over (
            partition by dissection, neuron_id order by threshold
        ) as is_interpretable_at_less
    from {{ ref('fct_neuron_interpretability') }}
)

select *
from ordered
where is_interpretable and not is_interpretable_at_less
