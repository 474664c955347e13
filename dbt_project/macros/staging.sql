{#- The dissections that enter the warehouse: never the schema files, and only those that AND_DISSECTIONS names (a JSON
    list; without it all). Whoever runs dbt leaves out those whose tables are out of step. An environment variable, since
    a changed dbt var has the whole project parsed anew; and read only where SQL is run, since dbt parses every file anew
    that read a variable, when it was parsed, which has changed. -#}
{% macro is_wanted_dissection() -%}
    {%- set wanted = env_var('AND_DISSECTIONS', '') if execute else '' -%}
    dissection != '__schema__'
    {%- if wanted %}
        and list_contains({{ wanted | replace("'", "''") | replace('"', "'") }}::varchar[], dissection)
    {%- endif %}
{%- endmacro %}
