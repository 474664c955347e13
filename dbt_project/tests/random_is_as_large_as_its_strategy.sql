-- A strategy is compared with random cuts of as many neurons, concept by concept: `random` of its size has its size.
select
    random.dissection,
    random.size_of,
    random.concept_id,
    random.seed
from {{ ref('fct_prunings') }} as random
left join {{ ref('fct_prunings') }} as compared
    on
        random.dissection = compared.dissection
        and random.concept_id = compared.concept_id
        and random.size_of = compared.strategy
where random.strategy = 'random' and random.neurons is distinct from compared.neurons
