{#- Every non-null value lies between two bounds; NaN does not. -#}
{% test is_between(model, column_name, low, high) %}
    select *
    from {{ model }}
    where {{ column_name }} is not null and not coalesce({{ column_name }} between {{ low }} and {{ high }}, false)
{% endtest %}
