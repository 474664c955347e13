-- No strategy cuts a neuron of the head: what is forgotten is forgotten in the body.
select
    dissection,
    strategy,
    concept_id,
    neuron_id
from {{ ref('fct_pruned_neurons') }}
where sublayer = 'head'
