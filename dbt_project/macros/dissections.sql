{#- The warehouse grows by whole dissections. Whoever runs dbt (dagster_and/warehouse/building.py) says by environment
    variables which are built now (AND_DISSECTIONS, a JSON list; without it all), and which stay as they are (AND_KEPT)
    in a copy of the last warehouse (AND_KEPT_WAREHOUSE), over which what was built is laid at the end. Variables of the
    environment, since a changed dbt var has the whole project parsed anew; and read only where SQL is run, since dbt
    parses every file anew that read a variable, when it was parsed, which has changed. -#}

{#- A condition on a name: one of these. -#}
{% macro is_one_of(name, names) -%}
{%- if names -%}
{{ name }} in ({% for n in names %}'{{ n | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %})
    {%- else -%}
false
{%- endif -%}
{%- endmacro %}

{#- The condition of every staging view: a function of the warehouse itself, so that the views of a kept warehouse see
    who has joined since. Never the schema files. -#}
{% macro is_wanted_dissection() -%}
main.is_in_the_warehouse(dissection)
{%- endmacro %}

{#- Before all models: who is in the warehouse, and the copy of the last one beside it. -#}
{% macro begin_build() -%}
{%- if execute -%}
{%- set wanted = env_var('AND_DISSECTIONS', '') -%}
    create or replace macro main.is_in_the_warehouse(name) as
    {{ is_one_of('name', fromjson(wanted)) if wanted else "name != '__schema__'" }};
{%- if env_var('AND_KEPT_WAREHOUSE', '') %}
    attach if not exists '{{ env_var('AND_KEPT_WAREHOUSE') | replace("'", "''") }}' as kept;
{%- endif %}
{%- endif -%}
{%- endmacro %}

{#- A table as a model reads it that looks across dissections: those built now, and those that stay. A model that calls
    it has no column `dissection`, and is built anew for all. A unit test's rows have no schema, and are all there are. -#}
{% macro of_all_dissections(relation) -%}
{%- if execute and relation.schema and env_var('AND_KEPT_WAREHOUSE', '') -%}
    (
        select * from {{ relation }}
        union all by name
        select * from kept.{{ relation.schema }}.{{ relation.identifier }}
        where {{ is_one_of('dissection', fromjson(env_var('AND_KEPT'))) }}
    )
    {%- else -%}
{{ relation }}
{%- endif -%}
{%- endmacro %}

{#- After all models and tests, if all went well: which dissection was made from what, and the kept warehouse brought up
    to date. Rows of the dissections built now, and of those that are gone, are replaced; what has no dissection, whole. -#}
{% macro end_build(results) -%}
{%- set good = ['success', 'pass', 'warn', 'no-op'] -%}
{%- if execute and env_var('AND_MADE_FROM', '') and not results | rejectattr('status', 'in', good) | list -%}
{%- set whole = not env_var('AND_KEPT_WAREHOUSE', '') -%}
{%- set place = target.database if whole else 'kept' -%}
{%- if not whole %}
{%- set kept = is_one_of('dissection', fromjson(env_var('AND_KEPT'))) %}
{%- for result in results if result.node.resource_type == 'model' and result.node.config.materialized == 'table' %}
{%- set to = place ~ '.' ~ result.node.schema ~ '.' ~ result.node.name %}
    delete from {{ to }}
{%- if 'dissection' in result.node.columns %} where not ({{ kept }}){% endif %};
    insert into {{ to }} by name select * from {{ result.node.relation_name }};
{%- endfor %}
    create or replace macro kept.main.is_in_the_warehouse(name) as
    {{ is_one_of('name', fromjson(env_var('AND_MADE_FROM')).keys() | list) }};
{%- endif %}
    create schema if not exists {{ place }}.building;
    create or replace table {{ place }}.building.dissections (dissection varchar, made_from varchar);
{%- for name, key in fromjson(env_var('AND_MADE_FROM')).items() %}
    insert into {{ place }}.building.dissections values ('{{ name | replace("'", "''") }}', '{{ key }}');
{%- endfor %}
    create or replace table {{ place }}.building.version as
    select {{ env_var('AND_WAREHOUSE_VERSION') }} as version;
{%- endif -%}
{%- endmacro %}
