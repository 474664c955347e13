-- From a mart row back to the audio: the head neuron of each class, its strongest clip, and that file's SHA-256.
select
    neurons.dissection,
    neurons.class_label,
    neurons.neuron_id,
    evidence.rank,
    clips.filename,
    clips.caption,
    clips.sha256
from {{ ref('dim_neurons') }} as neurons
inner join {{ ref('fct_top_clips') }} as evidence
    on neurons.dissection = evidence.dissection and neurons.neuron_id = evidence.neuron_id
inner join {{ ref('dim_clips') }} as clips
    on evidence.dissection = clips.dissection and evidence.clip_id = clips.clip_id
where neurons.is_head and evidence.direction = 'highest' and evidence.rank = 1
order by neurons.dissection, neurons.neuron_id
