{#- Every non-null value of the columns lies between two bounds; NaN does not. One test for all columns of a model that
    have the same bounds, since a test costs dbt more than its query does; `outside` names the columns that fail. -#}
{% test is_between(model, columns, low, high) %}
    {%- set outside = {} -%}
    {%- for column in columns -%}
        {%- do outside.update({column: "not coalesce(" ~ column ~ " between " ~ low ~ " and " ~ high ~ ", " ~ column ~ " is null)"}) -%}
    {%- endfor %}
    select
        *,
        concat_ws(
            ', ',
            {% for column, condition in outside.items() -%}
            case when {{ condition }} then '{{ column }}' end{{ ',' if not loop.last }}
            {% endfor -%}
        ) as outside
    from {{ model }}
    where {{ outside.values() | join(' or ') }}
{% endtest %}
