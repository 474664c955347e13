-- A strategy is compared with random cuts of as many neurons, or of up to a tenth more, concept by concept.
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
where
    random.strategy = 'random'
    and coalesce(random.neurons not between compared.neurons and 1.1 * compared.neurons, true)
