with atoms as (
    select * from {{ ref('stg_dissection__atoms') }}
),

used as (
    select
        dissection,
        neuron_id,
        unnest(atom_ids) as atom_id
    from {{ ref('stg_dissection__neuron_labels') }}
),

counted as (
    select
        dissection,
        atom_id,
        count(distinct neuron_id) as neurons
    from used
    group by dissection, atom_id
)

select
    atoms.dissection,
    atoms.atom_id,
    atoms.atom,
    atoms.kind,
    atoms.quality,
    atoms.unit,
    atoms.low,
    atoms.high,
    atoms.clips,
    atoms.known_clips,
    atoms.clips::double / nullif(atoms.known_clips, 0) as share_of_clips,
    atoms.clip_ids,
    coalesce(counted.neurons, 0) as neurons
from atoms
left join counted on atoms.dissection = counted.dissection and atoms.atom_id = counted.atom_id
