-- The lists of activations stay in the lake: the warehouse holds what is counted about them.
select
    dissection,
    neuron_id,
    mean as activation_mean,
    standard_deviation as activation_standard_deviation,
    minimum as activation_minimum,
    maximum as activation_maximum
from {{ source('dissection', 'activations') }}
where {{ is_wanted_dissection() }}
