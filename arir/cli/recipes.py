"""``arir recipes list`` and ``arir recipes show``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.recipes.config import ListRecipesConfig, ShowRecipeConfig
from arir.recipes.service import Recipe, list_recipes, show_recipe

COLUMNS = ("recipe", "method", "student", "what it trains")


def show_list(recipes: list[Recipe], config: ListRecipesConfig) -> None:
    """Print the recipes, one a line."""
    rows = tuple(
        tuple(Cell(text) for text in (recipe.name, recipe.method, recipe.family, recipe.summary))
        for recipe in recipes
    )
    note = '"arir recipes show NAME" prints one, and says what is still to be given.'
    show_table(Table(tuple(map(Column, COLUMNS)), rows, notes=(note,)), config.format)


def show_one(recipe: Recipe, config: ShowRecipeConfig) -> None:
    """Print the file, and below it as a comment what is still to be given."""
    click.echo(recipe.text, nl=False)
    if recipe.needed:
        click.echo(f"\n# Still to be given: {', '.join(recipe.needed)}")
        click.echo(f"#   arir train {config.name} {' '.join(map(_word, recipe.needed))}")


def _word(key: str) -> str:
    if "." in key:
        return f"--set {key}=..."
    return f"--{key.replace('_', '-')} ..."


@click.group(name="recipes", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List and show the shipped recipes of arir train."""


command.add_command(make_command("list", ListRecipesConfig, list_recipes, show_list))
command.add_command(make_command("show", ShowRecipeConfig, show_recipe, show_one))
