{#- The dissections that enter the warehouse: never the schema files, and only those that AND_DISSECTIONS names (a JSON
    list; without it all). Whoever runs dbt leaves out those whose tables are out of step. An environment variable, since
    a changed dbt var has the whole project parsed anew. -#}
{% macro is_wanted_dissection() -%}
    {%- set wanted = env_var('AND_DISSECTIONS', '') -%}
    dissection != '__schema__'
    {%- if wanted %}
        and list_contains({{ wanted | replace("'", "''") | replace('"', "'") }}::varchar[], dissection)
    {%- endif %}
{%- endmacro %}
