-- The first of the highest clips has the neuron's maximum, the first of the lowest its minimum.
select
    clips.dissection,
    clips.neuron_id,
    clips.direction,
    clips.activation
from {{ ref('fct_top_clips') }} as clips
inner join {{ ref('dim_neurons') }} as neurons
    on clips.dissection = neurons.dissection and clips.neuron_id = neurons.neuron_id
where
    clips.rank = 1
    and abs(
        clips.activation
        - case clips.direction when 'highest' then neurons.activation_maximum else neurons.activation_minimum end
    ) > 1e-5
