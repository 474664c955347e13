{#- Every non-null value of the column is found in the other model, in the same dissection. -#}
{% test refers_within_dissection(model, column_name, to, field) %}
    select child.dissection, child.{{ column_name }}
    from {{ model }} as child
    left join {{ to }} as parent
        on child.dissection = parent.dissection and child.{{ column_name }} = parent.{{ field }}
    where child.{{ column_name }} is not null and parent.{{ field }} is null
{% endtest %}
